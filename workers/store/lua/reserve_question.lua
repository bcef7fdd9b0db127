-- reserve_question(keys=[questions, disowned, suppressions], args=[question, now_s, most, address, ...])
-- Decides whether a mail that asks for confirmation may go to an address: most of them in 24 hours, whatever the campaign, none
-- to one that is suppressed or that said it was not them. Asked again for the same mail it says the same.
-- $questions zset: mail -> epoch s   $disowned string   $suppressions hash: address id -> why
-- Returns 1 if it may, 0 if not today, -1 if not at all.
local question, now, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', KEYS[2]) == 1 then return -1 end
for i = 4, #ARGV do
  if redis.call('HEXISTS', KEYS[3], ARGV[i]) == 1 then return -1 end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400)
if redis.call('ZSCORE', KEYS[1], question) then return 1 end
if redis.call('ZCARD', KEYS[1]) >= most then return 0 end
redis.call('ZADD', KEYS[1], now, question)
redis.call('EXPIRE', KEYS[1], 90000)
return 1
