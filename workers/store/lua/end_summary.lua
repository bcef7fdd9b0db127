-- end_summary(keys=[summaries, waiting, answers, slots], args=[candidate, tolerance, next_ms, now_us])
-- A candidate has had a summary, or nothing waited for one: the next is at next_ms if they asked for it or too many letters wait
-- still; otherwise letters leave one by one again.
-- Slots that letters had before they were gathered are given back then (see _pace.lua).
-- $summaries zset: candidate -> ms of the next one   $waiting set: actions   $answers hash: candidate -> "said at about", commas between
-- $slots hash: candidate -> µs
-- Returns 1 if there is a next one, else 0.
local candidate, tolerance, next_ms, now_us = unpack(ARGV)
if not redis.call('ZSCORE', KEYS[1], candidate) then return 0 end
local answers = redis.call('HGET', KEYS[3], candidate)
local asked = answers and string.find(answers, 'less-often ', 1, true)
if asked or redis.call('SCARD', KEYS[2]) > tonumber(tolerance) then
  redis.call('ZADD', KEYS[1], next_ms, candidate)
  return 1
end
redis.call('ZREM', KEYS[1], candidate)
local slot = redis.call('HGET', KEYS[4], candidate)
if slot and tonumber(slot) > tonumber(now_us) then redis.call('HSET', KEYS[4], candidate, now_us) end
return 0
