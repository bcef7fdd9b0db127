-- pause_scope(keys=[paused], args=[scope, pause, said])
-- Stops a scope and says so in the events; its first reason stays.
-- $paused hash: scope -> JSON reason, at, by, domain
-- Returns 1 if it was not paused before, else 0.
local scope, pause, said = unpack(ARGV)
if redis.call('HSETNX', KEYS[1], scope, pause) == 0 then return 0 end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'sending.paused', 'campaign',
  string.match(scope, '^campaign:(.*)$') or string.match(scope, '^mailing:(.*)$') or '', 'body', scope .. ' ' .. said)
return 1
