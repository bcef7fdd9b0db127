-- repair_tally(keys=[], args=[campaign, key, field, n, ...])
-- Adds n to each named count and says so in the events.
-- $key hash: field -> count
for i = 2, #ARGV, 3 do
  redis.call('HINCRBY', ARGV[i], ARGV[i + 1], ARGV[i + 2])
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'tally.repaired', 'campaign', ARGV[1],
    'body', ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
end
return (#ARGV - 1) / 3
