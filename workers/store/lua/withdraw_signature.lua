-- withdraw_signature(keys=[signatures, withdrawals, webhooks, tally], args=[campaign, candidate, at, webhook])
-- Takes a signature back and counts one signatory less: both or neither. One that was given later stays.
-- $signatures hash: candidate -> JSON with "at"   $withdrawals hash: candidate -> epoch s of the newest   $webhooks set: ids seen
-- $tally hash: "signatories" -> n
-- Returns 1 if there was a signature to take back, else 0.
local campaign, candidate, at, webhook = unpack(ARGV)
if webhook ~= '' and redis.call('SADD', KEYS[3], webhook) == 0 then return 0 end
local withdrawn = tonumber(redis.call('HGET', KEYS[2], candidate) or '0')
redis.call('HSET', KEYS[2], candidate, math.max(withdrawn, tonumber(at)))
local raw = redis.call('HGET', KEYS[1], candidate)
if not raw or cjson.decode(raw).at > tonumber(at) then return 0 end
redis.call('HDEL', KEYS[1], candidate)
redis.call('HINCRBY', KEYS[4], 'signatories', -1)
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'charter.withdrawn', 'campaign', campaign, 'body', candidate)
return 1
