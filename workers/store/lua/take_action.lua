-- take_action(keys=[action, person, consents, actions, unwritten, request, deliveries, editions, throwaway, acted], args=[action_id, campaign, action, person, nudge_at, fingerprint, ttl, places, candidates, flag, profile, purpose, consent, ...])
-- Remembers an action and its person once, and puts the action on the list of those whose letters are to be written.
-- $action string: JSON   $person string: JSON   $consents hash: purpose -> JSON   $actions list: ids   $unwritten zset: id -> ms
-- $request string: "fingerprint action" of an Idempotency-Key, kept for ttl seconds; fingerprint "" when none was sent
-- $deliveries hash: recipient -> delivery record   $editions hash: "places" or campaign -> what its newest import drew
-- $throwaway set: ids of actions; this one among them if flag is "1"
-- $acted hash: person -> "letters action" of a call on whose page it was taken; no such key for other actions
-- profile is what its person says of themselves by it (see the part), "" if nothing.
-- places, candidates: the editions that the action was made from; "-" is any.
-- Returns {1, id, record, ...} for a new action and {0, id, record, ...} for one known already, with the records of its letters in the
-- order of its candidates ("" for one not written yet, nothing if none is); {-1, id} when the key was used for another request;
-- {-2, id} when places or candidates have changed, and nothing was done.
-- include _profiles
local id, campaign, action, person, nudge_at, fingerprint, ttl, places, candidates, flag, profile = unpack(ARGV, 1, 11)

local function with_letters(taken)
  local told = { taken, id }
  if redis.call('EXISTS', KEYS[7]) == 1 then
    for i, record in ipairs(redis.call('HMGET', KEYS[7], unpack(cjson.decode(action).candidates))) do
      told[i + 2] = record or ''
    end
  end
  return told
end

if fingerprint ~= '' then
  local before = redis.call('GET', KEYS[6])
  if before then
    local print, known = string.match(before, '^(%S+) (%S+)$')
    if print ~= fingerprint then return { -1, known } end
    if known ~= id then return { 0, known } end
    return with_letters(0)
  end
end

if places ~= '-' then
  local now = redis.call('HMGET', KEYS[8], 'places', campaign)
  if (now[1] or '') ~= places or (now[2] or '') ~= candidates then return { -2, id } end
end

if fingerprint ~= '' then redis.call('SET', KEYS[6], fingerprint .. ' ' .. id, 'EX', ttl) end
redis.call('SET', KEYS[2], person)
local agreed = {}
for i = 12, #ARGV, 2 do
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
  agreed[#agreed + 1] = ARGV[i]
end
if #agreed > 0 then agree_anew(string.sub(KEYS[2], 8), table.concat(agreed, ',')) end
if profile ~= '' then put_own_profile(string.sub(KEYS[2], 8), profile) end
if not redis.call('SET', KEYS[1], action, 'NX') then return with_letters(0) end
redis.call('RPUSH', KEYS[4], id)
if flag == '1' then redis.call('SADD', KEYS[9], id) end
redis.call('ZADD', KEYS[5], nudge_at, id)
if KEYS[10] then
  local who = string.sub(KEYS[2], #'person:' + 1)
  local before = string.match(redis.call('HGET', KEYS[10], who) or '0', '^%d+')
  redis.call('HSET', KEYS[10], who, before + #cjson.decode(action).candidates .. ' ' .. id)
end
return with_letters(1)
