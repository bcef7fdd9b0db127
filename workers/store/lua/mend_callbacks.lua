-- mend_callbacks(keys=[callbacks], args=[now_ms, callback_id, ...])
-- A body without a place on the list of work gets one, due now; a place whose body is gone is dropped.
-- $callbacks zset: callback -> ms of its next nudge   $callback:{id} string: the body
-- Returns {restored, dropped}.
local restored, dropped = 0, 0
for i = 2, #ARGV do
  if redis.call('EXISTS', 'callback:' .. ARGV[i]) == 1 then
    restored = restored + redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[i])
  else
    dropped = dropped + redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return { restored, dropped }
