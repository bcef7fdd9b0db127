-- approve_mailing(keys=[mailing, mailings, running], args=[book, record, content, groups, now_s, due_ms, stage])
-- Freezes a call or bulletin: its record and content as JSON, and into how many groups its audience goes. Approving again is
-- possible until it starts.
-- $mailing hash: record, content, groups, stage, ...   $mailings zset: book -> epoch s   $running zset: book -> ms; due_ms 0: not yet
-- Returns 1, or 0 if it started before.
local book, record, content, groups, now, due, stage = unpack(ARGV)
local was = redis.call('HGET', KEYS[1], 'stage')
if was and not string.find(' draft approved skipped overdue ', ' ' .. was .. ' ', 1, true) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'record', record, 'content', content, 'groups', groups, 'stage', stage)
redis.call('ZADD', KEYS[2], now, book)
if due == '0' then
  redis.call('ZREM', KEYS[3], book)
else
  redis.call('ZADD', KEYS[3], due, book)
end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'mailing.' .. stage, 'campaign', book, 'body', '')
return 1
