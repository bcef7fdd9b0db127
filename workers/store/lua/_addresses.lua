-- Shared by every script that asks whether a letter may go, and to which address. Suppressions and signatures always win.
-- $reach:{campaign} hash: candidate -> ids of one or two addresses, "" (none), "-" (withdrawn)
-- $answers:{campaign} hash: candidate -> "said at about", commas between (see answers.py)
-- $suppressions hash: address id -> "reason at source", commas between   $signatures:{campaign} hash: candidate -> JSON
-- REFUSALS
local REACH, ANSWERS, SIGNATURES = keys_with('reach:'), keys_with('answers:'), keys_with('signatures:')

local function refuses(suppression)
  for reason in string.gmatch(suppression, '([^ ,]+) %d+ [^ ,]+') do
    if REFUSES[reason] then return true end
  end
  return false
end

-- The addresses at which a letter bounced for good, with blanks between, and the candidate for whose signature it thanks or of
-- whose signature it tells; false where there is none.
local function known_of(group, recipient)
  local key = DELIVERIES[group]
  return look_at(key, 'tried:' .. recipient), look_at(key, 'signed:' .. recipient)
end

-- The campaign of a book: its own name, before any "/".
local pushes = {}
local function push_of(book)
  pushes[book] = pushes[book] or string.match(book, '^[^/]+')
  return pushes[book]
end

-- How a recipient is reached; candidates are reached for receipts as they are for letters.
local function reach_of(campaign, recipient)
  local push = push_of(campaign)
  return look_at(REACH[campaign], recipient) or push ~= campaign and look_at(REACH[push], recipient)
end

-- Nobody asks for what was given, and nobody gives thanks for what was taken back.
local function contradicted(campaign, recipient, signed)
  if signed then
    return not look_at(SIGNATURES[push_of(campaign)], signed) and 'unsigned'
  end
  return look_at(SIGNATURES[campaign], recipient) and 'signed'
end

local function says(answers, word, about)
  for said, on in string.gmatch(answers, '([^ ,]+) %d+ ([^ ,]+)') do
    if said == word and (not about or on == about) then return true end
  end
  return false
end

-- Where a letter to this candidate must go instead of out, and why; or nil, nil, which address (1 or 2) it goes to, and
-- what the candidate answered (false if nothing).
-- An address that bounced gives way to the next one; a person's no to one address counts for both.
local function hindrance(campaign, candidate, tried, signed)
  local reach = reach_of(campaign, candidate)
  if not reach or reach == '-' then return 'withheld', 'withdrawn' end
  local why = contradicted(campaign, candidate, signed)
  if why then return 'withheld', why end
  local answers = look_at(ANSWERS[push_of(campaign)], candidate)
  if answers then
    if says(answers, 'stopped') then return 'withheld', 'asked' end
    if not signed and says(answers, 'declined') then return 'withheld', 'declined' end
  end
  if reach == '' then return 'held', 'no-address' end
  local which, n, why_not = nil, 0, 'address-bounced'
  for address in string.gmatch(reach, '%S+') do
    n = n + 1
    local why = look_at('suppressions', address)
    if why then
      if refuses(why) then return 'withheld', 'suppressed' end
    elseif answers and says(answers, 'wrong-address', address) then
      why_not = 'address-wrong'
    elseif not which and not (tried and string.find(tried, address, 1, true)) then
      which = n
    end
  end
  if which then return nil, nil, which, answers end
  return 'held', why_not
end

-- Reads all at once what hindrance() asks of letters to these.
local function look_ahead_at(campaign, recipients)
  local addresses = {}
  look_ahead(REACH[campaign], recipients)
  look_ahead(SIGNATURES[campaign], recipients)
  look_ahead(ANSWERS[push_of(campaign)], recipients)
  for _, recipient in ipairs(recipients) do
    for address in string.gmatch(reach_of(campaign, recipient) or '', '%S+') do
      addresses[#addresses + 1] = address
    end
  end
  look_ahead('suppressions', addresses)
end
