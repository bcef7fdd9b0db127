-- Shared by the scripts that notice a ledger that went back in time: each sender knows the number of its newest claim from a
-- journal outside Redis, and a ledger that knows a lower one has forgotten claims.
-- $senders hash: sender -> number of its newest claim   $paused hash: scope -> JSON reason, time
-- WENT_BACK
local function newest_claim(senders, sender) return tonumber(redis.call('HGET', senders, sender) or 0) end

-- Stops everything until an operator says go; the first to notice says so in the events.
local function stop_everything(paused, now, sender, number, known)
  local why = cjson.encode({ reason = WENT_BACK, at = tonumber(now) })
  if redis.call('HSETNX', paused, 'all', why) == 1 then
    redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'ledger.went_back', 'campaign', '',
      'body', sender .. ' ' .. number .. ' ' .. known)
  end
end
