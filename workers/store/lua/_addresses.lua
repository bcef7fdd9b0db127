-- Shared by every script that asks whether a letter may go, and to which address. Suppressions and signatures always win.
-- $reach:{campaign} hash: candidate -> ids of one or two addresses, "" (none), "-" (withdrawn)
-- $suppressions hash: address id -> "reason at source", commas between   $signatures:{campaign} hash: candidate -> JSON
-- REFUSALS
local function refuses(suppression)
  for reason in string.gmatch(suppression, '([^ ,]+) %d+ [^ ,]+') do
    if REFUSES[reason] then return true end
  end
  return false
end

-- The addresses at which a letter bounced for good, with blanks between; false if there are none.
local function tried_by(group, recipient)
  return redis.call('HGET', 'deliveries:' .. group, 'tried:' .. recipient)
end

-- Where a letter to this candidate must go instead of out, and why; or nil, nil and which address (1 or 2) it goes to.
-- An address that bounced gives way to the next one; a person's no to one address counts for both.
local function hindrance(campaign, candidate, tried)
  local reach = redis.call('HGET', 'reach:' .. campaign, candidate)
  if not reach or reach == '-' then return 'withheld', 'withdrawn' end
  if redis.call('HEXISTS', 'signatures:' .. campaign, candidate) == 1 then return 'withheld', 'signed' end
  if reach == '' then return 'held', 'no-address' end
  local which, n = nil, 0
  for address in string.gmatch(reach, '%S+') do
    n = n + 1
    local why = redis.call('HGET', 'suppressions', address)
    if why then
      if refuses(why) then return 'withheld', 'suppressed' end
    elseif not which and not (tried and string.find(tried, address, 1, true)) then
      which = n
    end
  end
  if which then return nil, nil, which end
  return 'held', 'address-bounced'
end
