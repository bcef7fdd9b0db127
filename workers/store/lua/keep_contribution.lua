-- keep_contribution(keys=[contributions], args=[campaign, contribution, JSON])
-- Keeps what an organisation sent in, once: whoever sends the same again changes nothing.
-- $contributions hash: contribution -> JSON
-- Returns 1 if it is new, else 0.
local campaign, id, sent = unpack(ARGV)
if redis.call('HSETNX', KEYS[1], id, sent) == 0 then return 0 end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'contribution.received', 'campaign', campaign, 'body', id)
return 1
