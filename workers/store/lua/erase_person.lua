-- erase_person(keys=[person, consents, preferences, erased], args=[person, now_s, address, by, book, ...])
-- Forgets a person: who they are, what they agreed to and what they wanted. Of their address (an id, "" if it is not known) stays
-- that it was erased, so that no list brings it back; suppressions stay as they are, they are ids as well.
-- $person string: JSON   $consents hash: purpose -> JSON   $preferences hash: person -> words   $erased hash: address -> epoch s
-- $reach:{book} hash: person -> address id, of receipts
-- Returns 1 if anything was known of them, else 0.
-- include _profiles
local person, now, address, by = unpack(ARGV, 1, 4)
local known = redis.call('DEL', KEYS[1], KEYS[2]) + redis.call('HDEL', profile_key(person), person)
known = known + redis.call('HDEL', KEYS[3], person)
for i = 5, #ARGV do
  redis.call('HDEL', 'reach:' .. ARGV[i], person)
end
if address ~= '' then redis.call('HSET', KEYS[4], address, now) end
if known == 0 then return 0 end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'person.erased', 'campaign', '', 'body', person .. ' by ' .. by)
return 1
