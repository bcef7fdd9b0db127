-- move_mailing(keys=[mailing, running, tally], args=[book, from, to, now_s, nudge, groups])
-- Moves a call or bulletin to another stage, if it is at one of those in from (with blanks between); to "finished" only if none of
-- its copies waits or is being posted, and its states add up to its audience. groups is into how many its audience goes; 0: as before.
-- $mailing hash: stage, started_at, ended_at, ...   $running zset: book -> ms of its next nudge, at once by the server's clock; nudge 0 ends that
-- $tally hash: state, bounced:reason -> n
-- Returns 1 if it moved, else 0.
local book, from, to, now, nudge, groups = unpack(ARGV)
local stage, audience = unpack(redis.call('HMGET', KEYS[1], 'stage', 'audience'))
if not stage or not string.find(' ' .. from .. ' ', ' ' .. stage .. ' ', 1, true) then return 0 end
if to == 'finished' then
  local counts, sum = redis.call('HGETALL', KEYS[3]), 0
  for i = 1, #counts, 2 do
    local state, n = counts[i], tonumber(counts[i + 1])
    if n > 0 and (state == 'queued' or state == 'sending' or state == 'held') then return 0 end
    if not string.find(state, ':', 1, true) then sum = sum + n end
  end
  if sum ~= tonumber(audience or '0') then return 0 end
end
redis.call('HSET', KEYS[1], 'stage', to)
if groups ~= '0' then redis.call('HSET', KEYS[1], 'groups', groups) end
if to == 'gathering' then redis.call('HSET', KEYS[1], 'started_at', now) end
if nudge == '0' then
  redis.call('ZREM', KEYS[2], book)
  redis.call('HSET', KEYS[1], 'ended_at', now)
else
  local clock = redis.call('TIME')
  redis.call('ZADD', KEYS[2], clock[1] * 1000, book)
  redis.call('HDEL', KEYS[1], 'ended_at')
end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'mailing.' .. to, 'campaign', book, 'body', '')
return 1
