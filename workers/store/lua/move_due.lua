-- move_due(keys=[agenda], args=[now_ms, next_ms, limit])
-- Takes up to limit members whose time has come and sets their next nudge to next_ms: so two clocks never take the same one,
-- and one that is lost on the way is taken again then.
-- $agenda zset: member -> ms of its next nudge
-- Returns the members.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(due) do
  redis.call('ZADD', KEYS[1], ARGV[2], member)
end
return due
