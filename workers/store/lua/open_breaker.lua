-- open_breaker(keys=[paused, window], args=[scope, campaign, pause, since, reason])
-- Pauses a campaign or a mailing, unless it is paused already or a person let it go on since its window was read.
-- $paused hash: scope -> JSON reason, time   $window string: epoch s since when outcomes count
-- Returns 1 if this paused it, else 0.
local scope, campaign, pause, since, reason = unpack(ARGV)
if (redis.call('GET', KEYS[2]) or '') ~= since then return 0 end
if redis.call('HSETNX', KEYS[1], scope, pause) == 0 then return 0 end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'breaker.opened', 'campaign', campaign, 'body', reason)
return 1
