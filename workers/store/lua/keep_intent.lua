-- keep_intent(keys=[intent, person, intents, action], args=[intent_id, now_s, due_ms, ttl_s, again_s, intent, person, print])
-- Keeps an action aside until its supporter confirms it; unconfirmed, all of it vanishes by itself after ttl_s. The newest words
-- stand. Who asks again after again_s is mailed again. An action that was taken already stays as it is, and the link says so: it
-- is written down in any case, so that no stranger can tell by the time that it takes.
-- $intent hash: intent JSON, print, asks, asks_at, asked, asked_at, reminded; or only "over"   $person string: JSON
-- $intents zset: intent -> ms of its next mail, or of its end   $action string: JSON
-- Returns 1 if it is kept, 0 if the action was taken.
local id, now, due_ms, ttl, again, intent, person, print = unpack(ARGV)
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'over', 'confirmed ' .. id)
  redis.call('EXPIRE', KEYS[1], ttl)
  redis.call('ZREM', KEYS[3], id)
  return 0
end
if redis.call('HEXISTS', KEYS[1], 'over') == 1 then redis.call('DEL', KEYS[1]) end
local asks_at = tonumber(redis.call('HGET', KEYS[1], 'asks_at') or '0')
if now - asks_at >= tonumber(again) then
  redis.call('HINCRBY', KEYS[1], 'asks', 1)
  redis.call('HSET', KEYS[1], 'asks_at', now)
  redis.call('ZADD', KEYS[3], due_ms, id)
end
redis.call('HSET', KEYS[1], 'intent', intent, 'print', print)
redis.call('EXPIRE', KEYS[1], ttl)
redis.call('SET', KEYS[2], person, 'EX', ttl)
return 1
