-- read_windows(keys=[], args=[campaign, minutes, ...])
-- Adds up what became of each campaign's letters in its last minutes, the one that runs included.
-- $window:{campaign} string: epoch s since when outcomes count   $window:{campaign}:{minute} hash: outcome -> n
-- Returns {since or "", {outcome, n, ...}, ...}: two for each campaign.
local now = math.floor(tonumber(redis.call('TIME')[1]) / 60)
local read = {}
for i = 1, #ARGV, 2 do
  local key, counts, flat = 'window:' .. ARGV[i], {}, {}
  for minute = now - ARGV[i + 1] + 1, now do
    local found = redis.call('HGETALL', key .. ':' .. minute)
    for j = 1, #found, 2 do counts[found[j]] = (counts[found[j]] or 0) + found[j + 1] end
  end
  for outcome, n in pairs(counts) do
    flat[#flat + 1] = outcome
    flat[#flat + 1] = n
  end
  read[#read + 1] = redis.call('GET', key) or ''
  read[#read + 1] = flat
end
return read
