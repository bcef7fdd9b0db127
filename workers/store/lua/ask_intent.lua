-- ask_intent(keys=[intent, intents], args=[intent_id, now_s, next_ms, field, value])
-- Notes which mails an intent has had (field "asked" or "reminded", "" for none), and when to look at it next: at the latest when
-- it is gone.
-- $intent hash   $intents zset: intent -> ms
-- Returns 1, or 0 if it was decided on meanwhile, or is gone.
local id, now, next_ms, field, value = unpack(ARGV)
if redis.call('HEXISTS', KEYS[1], 'intent') == 0 then
  redis.call('ZREM', KEYS[2], id)
  return 0
end
if field ~= '' then redis.call('HSET', KEYS[1], field, value, 'asked_at', now) end
local gone_ms = now * 1000 + redis.call('PTTL', KEYS[1]) + 1000
redis.call('ZADD', KEYS[2], math.min(tonumber(next_ms), gone_ms), id)
return 1
