-- record_signature(keys=[signatures, withdrawals, webhooks, tally], args=[campaign, candidate, at, webhook, signature])
-- Records a signature once and counts its signatory once: both or neither. A callback that was seen, or that is older than a
-- withdrawal, changes nothing.
-- $signatures hash: candidate -> JSON   $withdrawals hash: candidate -> epoch s of the newest   $webhooks set: ids seen
-- $tally hash: "signatories" -> n
-- Returns 1 for a new signatory, else 0.
local campaign, candidate, at, webhook, signature = unpack(ARGV)
if webhook ~= '' and redis.call('SADD', KEYS[3], webhook) == 0 then return 0 end
local withdrawn = redis.call('HGET', KEYS[2], candidate)
if withdrawn and tonumber(withdrawn) >= tonumber(at) then return 0 end
if redis.call('HSETNX', KEYS[1], candidate, signature) == 0 then return 0 end
redis.call('HINCRBY', KEYS[4], 'signatories', 1)
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'charter.signed', 'campaign', campaign, 'body', candidate)
return 1
