-- take_action(keys=[action, person, consents, actions, unwritten, request], args=[action_id, action, person, nudge_at, fingerprint, ttl, purpose, consent, ...])
-- Remembers an action and its person once, and puts the action on the list of those whose letters are to be written.
-- $action string: JSON   $person string: JSON   $consents hash: purpose -> JSON   $actions list: ids   $unwritten zset: id -> ms
-- $request string: "fingerprint action" of an Idempotency-Key, kept for ttl seconds; fingerprint "" when none was sent
-- Returns {1, id} for a new action, {0, id} for one known already, {-1, id} when the key was used for another request.
local id, action, person, nudge_at, fingerprint, ttl = unpack(ARGV, 1, 6)

if fingerprint ~= '' then
  local before = redis.call('GET', KEYS[6])
  if before then
    local print, known = string.match(before, '^(%S+) (%S+)$')
    if print ~= fingerprint then return { -1, known } end
    return { 0, known }
  end
  redis.call('SET', KEYS[6], fingerprint .. ' ' .. id, 'EX', ttl)
end

redis.call('SET', KEYS[2], person)
for i = 7, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
if not redis.call('SET', KEYS[1], action, 'NX') then return { 0, id } end
redis.call('RPUSH', KEYS[4], id)
redis.call('ZADD', KEYS[5], nudge_at, id)
return { 1, id }
