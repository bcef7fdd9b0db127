-- hasten_candidate(keys=[agenda], args=[campaign, candidate, now_s, now_ms, action_id, ...])
-- Makes due at once what may leave and was put off because its candidate wanted letters less often. It may repeat.
-- $agenda zset: action -> ms of its next nudge
-- Returns how many actions are due.
-- include _deliveries
local candidate, now, now_ms = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local hastened = 0
for i = 5, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('GET', 'action:' .. id)
  local r = raw and read_record(cjson.decode(raw).group, candidate)
  if r and r.action == id and r.state == 'queued' and tonumber(r.at) <= now then
    hastened = hastened + redis.call('ZADD', KEYS[1], 'XX', 'LT', 'CH', now_ms, id)
  end
end
return hastened
