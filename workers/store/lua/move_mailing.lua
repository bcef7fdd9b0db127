-- move_mailing(keys=[mailing, running], args=[book, from, to, now_s, nudge_ms])
-- Moves a call or bulletin to another stage, if it is at one of those in from (with blanks between).
-- $mailing hash: stage, started_at, ended_at, ...   $running zset: book -> ms of its next nudge; nudge_ms 0 ends that
-- Returns 1 if it moved, else 0.
local book, from, to, now, nudge = unpack(ARGV)
local stage = redis.call('HGET', KEYS[1], 'stage')
if not stage or not string.find(' ' .. from .. ' ', ' ' .. stage .. ' ', 1, true) then return 0 end
redis.call('HSET', KEYS[1], 'stage', to)
if to == 'gathering' then redis.call('HSET', KEYS[1], 'started_at', now) end
if nudge == '0' then
  redis.call('ZREM', KEYS[2], book)
  redis.call('HSET', KEYS[1], 'ended_at', now)
else
  redis.call('ZADD', KEYS[2], nudge, book)
  redis.call('HDEL', KEYS[1], 'ended_at')
end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'mailing.' .. to, 'campaign', book, 'body', '')
return 1
