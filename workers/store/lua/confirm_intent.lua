-- confirm_intent(keys=[intent, aside, intents, action, person, consents, actions, unwritten, throwaway], args=[campaign, intent_id, print, action_id, action, person, nudge_at, ttl_s, purpose, consent, ...])
-- Makes an action of an intent, if it still says what its supporter was shown: it is taken as any other, its person becomes known,
-- and of the intent only that remains, for ttl_s. All of it or nothing, and once, however often it is confirmed.
-- $intent hash   $aside string: JSON of the unconfirmed person   $intents zset: intent -> ms
-- $action string: JSON   $person string: JSON   $consents hash: purpose -> JSON   $actions list: ids   $unwritten zset: id -> ms
-- $throwaway set: ids of actions whose supporter's address is a throw-away one
-- Returns what it is now: "confirmed action_id"; "changed" by somebody else; "gone"; or how it was decided on before.
local campaign, id, print, action_id, action, person, nudge_at, ttl = unpack(ARGV, 1, 8)
local over, now = unpack(redis.call('HMGET', KEYS[1], 'over', 'print'))
if over then return over end
if not now then return 'gone' end
if now ~= print then return 'changed' end

redis.call('SET', KEYS[5], person)
for i = 9, #ARGV, 2 do
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 1])
end
if redis.call('SET', KEYS[4], action, 'NX') then
  redis.call('RPUSH', KEYS[7], action_id)
  if cjson.decode(action).throwaway then redis.call('SADD', KEYS[9], action_id) end
  redis.call('ZADD', KEYS[8], nudge_at, action_id)
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'over', 'confirmed ' .. action_id)
redis.call('EXPIRE', KEYS[1], ttl)
redis.call('ZREM', KEYS[3], id)
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'action.confirmed', 'campaign', campaign, 'body', action_id)
return 'confirmed ' .. action_id
