-- resume_scope(keys=[paused, window], args=[scope, campaign, said])
-- Lets a scope go on. A campaign, or a mailing ("" for another scope), begins a new window at once: what made its breaker open is not counted
-- again, however late it is reported. For people who look back it is kept apart.
-- $paused hash: scope -> why   $window string: epoch s since when outcomes count   $window:{minute} hash: outcome -> n   $passed:{campaign}:{minute} hash: the same, from before
-- Returns 1 if it was paused, else 0.
local scope, campaign = ARGV[1], ARGV[2]
if campaign ~= '' then
  local now = tonumber(redis.call('TIME')[1])
  local minute = math.floor(now / 60)
  for back = -1, 300 do
    local key, passed = 'window:' .. campaign .. ':' .. (minute - back), 'passed:' .. campaign .. ':' .. (minute - back)
    local counts = redis.call('HGETALL', key)
    for i = 1, #counts, 2 do redis.call('HINCRBY', passed, counts[i], counts[i + 1]) end
    if #counts > 0 then
      redis.call('EXPIRE', passed, 18000)
      redis.call('UNLINK', key)
    end
  end
  redis.call('SET', KEYS[2], now, 'EX', 18000)
end
local was = redis.call('HDEL', KEYS[1], scope)
if was == 1 then
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'sending.resumed', 'campaign', campaign, 'body', ARGV[3])
end
return was
