-- expire_claims(keys=[claims], args=[now_s, limit])
-- Letters whose sender fell silent past its deadline may have left: they become unknown and no machine posts them again.
-- $claims zset: action -> ms of the deadline
-- Returns {action_id, campaign, n, ...} for each claim that ended so.
-- include _deliveries
-- include _mailed
local clock, expired = redis.call('TIME'), {}
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms, 'LIMIT', 0, ARGV[2])) do
  local raw = redis.call('GET', 'action:' .. id)
  local lost = {}
  if raw then
    local action = cjson.decode(raw)
    for _, candidate in ipairs(action.candidates) do
      local r = read_record(action.group, candidate)
      if r and r.state == 'sending' and r.action == id then
        r.call = '@' .. r.reason -- whose claim it was: its sender may still say that it had not begun
        move(action.campaign, action.group, candidate, r, 'unknown', ARGV[1], '-', 'sender-lost')
        lost[#lost + 1] = candidate
      end
    end
    if is_mailing(action.campaign) then mark_mailed(lost, math.floor(ARGV[1] / 86400)) end
    if #lost > 0 then append_event('letters.unknown', action.campaign, id .. ' ' .. #lost) end
    expired[#expired + 1] = id
    expired[#expired + 1] = action.campaign
    expired[#expired + 1] = #lost
  end
  redis.call('ZREM', KEYS[1], id)
end
write_moves()
return expired
