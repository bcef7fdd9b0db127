-- end_intent(keys=[intent, aside, intents, disowned], args=[campaign, intent_id, how, ttl_s, quiet_s])
-- Forgets an intent and its person. how "withdrawn" and "disowned" are remembered for ttl_s, so that the link can say so; what is
-- disowned brings no further mail of this kind to the address for quiet_s. "" is forgotten altogether.
-- $intent hash   $aside string: JSON of the unconfirmed person   $intents zset: intent -> ms   $disowned string
-- Returns what it is now: how; "gone"; or how it was decided on before.
local campaign, id, how, ttl, quiet = unpack(ARGV)
local over = redis.call('HGET', KEYS[1], 'over')
if over then return over end
local was = redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], id)
if was == 0 then return 'gone' end
if how ~= '' then
  redis.call('HSET', KEYS[1], 'over', how)
  redis.call('EXPIRE', KEYS[1], ttl)
end
if how == 'disowned' then redis.call('SET', KEYS[4], '1', 'EX', quiet) end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'action.' .. (how ~= '' and how or 'dropped'), 'campaign', campaign, 'body', id)
return how
