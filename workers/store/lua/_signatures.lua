-- Shared by every script that changes who signed: state, tallies, public log and event move together, or not at all.
-- KEYS: $signatures hash: candidate -> JSON   $withdrawals hash: candidate -> epoch s of the newest   $webhooks set: ids seen
-- $tally hash: "signatories" -> n   $tally_signatories hash: "source:word" and "day:n" -> n
-- $log list: sealed entries, oldest first   $entered hash: number of an entry -> who made it by hand
-- $signed zset: step:candidate -> ms of its next nudge, what a new signature still has to lead to
-- $signings hash: candidate -> epoch s of the newest time at which they are said to have signed, by whatever way
local SIGNATURES, WITHDRAWALS, WEBHOOKS, TALLY, TALLY_SIGNATORIES, LOG, ENTERED, SIGNED, SIGNINGS = unpack(KEYS)
local STEPS = { 'withhold', 'thank', 'tell' }

-- The hash that the next entry must name as the one before it.
local function head()
  local last = redis.call('LINDEX', LOG, -1)
  return last and cjson.decode(last).hash or string.rep('0', 64)
end

-- Counts a signature on its day and by its source.
local function count_signature(raw, n)
  local signature = cjson.decode(raw)
  redis.call('HINCRBY', TALLY_SIGNATORIES, 'source:' .. signature.source, n)
  redis.call('HINCRBY', TALLY_SIGNATORIES, 'day:' .. (signature.day or 0), n)
end

local function append_entry(kind, campaign, candidate, entry, by)
  local number = redis.call('RPUSH', LOG, entry)
  if by ~= '' then redis.call('HSET', ENTERED, number, by) end
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'charter.' .. kind, 'campaign', campaign, 'body', candidate)
end
