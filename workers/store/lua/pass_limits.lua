-- pass_limits(keys=[limit], args=[every_us, burst, ...])
-- Counts one request against every limit, or against none if one of them is reached: the generic cell rate algorithm.
-- A limit lets burst requests pass at once and gives one back every every_us microseconds, by the server's own clock.
-- $limit, any number, string: epoch µs at which all of it will have come back; gone by itself by then
-- Returns {0, 0}; else which limit is reached (from 1) and the µs until it lets one pass again.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local whole = {}

for i, key in ipairs(KEYS) do
  local every, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  -- One that lies further ahead than it can is of another clock, or of a larger limit.
  local before = math.min(tonumber(redis.call('GET', key) or 0), now + every * burst)
  whole[i] = math.max(before, now) + every
  local wait = whole[i] - every * burst - now
  if wait > 0 then return { i, wait } end
end

for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', whole[i]), 'PX', math.ceil((whole[i] - now) / 1000))
end
return { 0, 0 }
