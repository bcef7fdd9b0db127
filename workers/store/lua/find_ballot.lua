-- find_ballot(keys=[seats, candidates], args=[gss])
-- Reads who is on a constituency's ballot, in its order.
-- $seats hash: GSS -> ids of standing candidates, comma-separated   $candidates hash: id -> JSON
-- Returns {json, ...}; empty when nobody stands.
local ids = {}
for id in string.gmatch(redis.call('HGET', KEYS[1], ARGV[1]) or '', '[^,]+') do ids[#ids + 1] = id end
if #ids == 0 then return ids end
return redis.call('HMGET', KEYS[2], unpack(ids))
