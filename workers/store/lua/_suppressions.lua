-- Shared by every script that suppresses addresses or lets them be mailed again. What is kept is a matter of times, never of
-- arrival: the same facts in any order, any number of times, end in the same suppressions.
-- $suppressions hash: address id -> "reason at source", commas between
-- $health hash: {address}:{what} -> epoch s of the newest; what is "delivered", "resubscribed" or "removed" (by an operator)
-- $soft:{address} zset: delivery -> epoch s of its soft bounce
local newly, lifted = {}, {}

local function reasons_of(address)
  local reasons = {}
  local kept = redis.call('HGET', 'suppressions', address)
  for reason, at, source in string.gmatch(kept or '', '([^ ,]+) (%d+) ([^ ,]+)') do
    reasons[reason] = { at = tonumber(at), source = source }
  end
  return reasons
end

local function put_reasons(address, reasons)
  local words = {}
  for reason, known in pairs(reasons) do
    words[#words + 1] = reason .. ' ' .. known.at .. ' ' .. known.source
  end
  table.sort(words)
  if #words > 0 then
    redis.call('HSET', 'suppressions', address, table.concat(words, ','))
  else
    redis.call('HDEL', 'suppressions', address)
    lifted[#lifted + 1] = address
  end
end

local function newest(address, what)
  return tonumber(redis.call('HGET', 'health', address .. ':' .. what) or '0')
end

local function note(address, what, at)
  if at > newest(address, what) then redis.call('HSET', 'health', address .. ':' .. what, at) end
end

local function put_reason(address, reason, at, source)
  local reasons = reasons_of(address)
  if not reasons[reason] then newly[#newly + 1] = address end
  reasons[reason] = { at = at, source = source }
  put_reasons(address, reasons)
end

-- Suppresses an address: since its first bounce or complaint, or its newest group unsubscription. What was reported of a time
-- before an operator removed the address from the list, or before it subscribed again, does not bring it back.
local function suppress(address, reason, at, source)
  if source == 'report' and at <= newest(address, 'removed') then return end
  if reason == 'group-unsubscribed' and at < newest(address, 'resubscribed') then return end
  local known = reasons_of(address)[reason]
  if known and (reason == 'group-unsubscribed') == (known.at >= at) then return end
  if known and known.at == at then return end
  put_reason(address, reason, at, source)
end

local function lift(address, reason)
  local reasons = reasons_of(address)
  if not reasons[reason] then return end
  reasons[reason] = nil
  put_reasons(address, reasons)
end

local function resubscribe(address, at)
  note(address, 'resubscribed', at)
  local known = reasons_of(address)['group-unsubscribed']
  if known and known.at < at then lift(address, 'group-unsubscribed') end
end

-- Suppresses an address with limit soft bounces within window seconds and no delivery since; lets it go otherwise.
local function weigh_soft(address, limit, window)
  local since = math.max(newest(address, 'delivered'), newest(address, 'removed'))
  local found = redis.call('ZRANGEBYSCORE', 'soft:' .. address, '(' .. since, '+inf', 'WITHSCORES')
  for i = 2 * limit, #found, 2 do
    local at, first = tonumber(found[i]), tonumber(found[i - 2 * (limit - 1)])
    if at - first <= window then return put_reason(address, 'soft-bounces', at, 'report') end
  end
  local known = reasons_of(address)['soft-bounces']
  if known and known.source == 'report' then lift(address, 'soft-bounces') end
end

local function bounce_softly(address, delivery, at, limit, window)
  redis.call('ZADD', 'soft:' .. address, 'GT', at, delivery)
  redis.call('EXPIRE', 'soft:' .. address, 2 * window + 86400)
  weigh_soft(address, limit, window)
end

local function deliver(address, at, limit, window)
  if at <= newest(address, 'delivered') then return end
  redis.call('HSET', 'health', address .. ':delivered', at)
  if redis.call('EXISTS', 'soft:' .. address) == 1 then weigh_soft(address, limit, window) end
end
