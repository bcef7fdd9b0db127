-- put_suppressions(keys=[], args=[now_s, source, address, reason, ...])
-- Suppresses addresses for people's reasons; one that has the reason already stays as it is.
-- Reads and writes suppressions (see the part).
-- Returns the addresses that did not have the reason yet.
-- include _suppressions
local now, source = tonumber(ARGV[1]), ARGV[2]
for i = 3, #ARGV, 2 do
  if not reasons_of(ARGV[i])[ARGV[i + 1]] then put_reason(ARGV[i], ARGV[i + 1], now, source) end
end
for _, address in ipairs(newly) do
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'address.suppressed', 'campaign', '', 'body', address)
end
return newly
