-- confirm_intent(keys=[intent, aside, intents, action, person, consents, actions, unwritten, throwaway], args=[campaign, intent_id, print, action_id, action, person, nudge_at, ttl_s, profile, purpose, consent, ...])
-- Makes an action of an intent, if it still says what its supporter was shown: it is taken as any other, its person becomes known,
-- and of the intent only that remains, for ttl_s. All of it or nothing, and once, however often it is confirmed. One without
-- candidates is no action: its person subscribed, and that is all.
-- $intent hash   $aside string: JSON of the unconfirmed person   $intents zset: intent -> ms
-- $action string: JSON   $person string: JSON   $consents hash: purpose -> JSON   $actions list: ids   $unwritten zset: id -> ms
-- $throwaway set: ids of actions whose supporter's address is a throw-away one
-- profile is what the person says of themselves by it (see the part).
-- Returns what it is now: "confirmed"; "changed" by somebody else; "gone"; or how it was decided on before.
-- include _profiles
local campaign, id, print, action_id, action, person, nudge_at, ttl, profile = unpack(ARGV, 1, 9)
local over, now = unpack(redis.call('HMGET', KEYS[1], 'over', 'print'))
if over then return over end
if not now then return 'gone' end
if now ~= print then return 'changed' end

redis.call('SET', KEYS[5], person)
local agreed = {}
for i = 10, #ARGV, 2 do
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 1])
  agreed[#agreed + 1] = ARGV[i]
end
if #agreed > 0 then agree_anew(string.sub(KEYS[5], 8), table.concat(agreed, ',')) end
put_own_profile(string.sub(KEYS[5], 8), profile)
local subscribes = #cjson.decode(action).candidates == 0
if not subscribes and redis.call('SET', KEYS[4], action, 'NX') then
  redis.call('RPUSH', KEYS[7], action_id)
  if cjson.decode(action).throwaway then redis.call('SADD', KEYS[9], action_id) end
  redis.call('ZADD', KEYS[8], nudge_at, action_id)
end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'over', 'confirmed ' .. (subscribes and 'subscribed' or action_id))
redis.call('EXPIRE', KEYS[1], ttl)
redis.call('ZREM', KEYS[3], id)
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', subscribes and 'person.subscribed' or 'action.confirmed', 'campaign', campaign, 'body', subscribes and string.sub(KEYS[5], 8) or action_id)
return 'confirmed'
