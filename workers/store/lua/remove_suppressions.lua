-- remove_suppressions(keys=[], args=[now_s, address, ...])
-- Lets addresses be mailed again, whatever was reported of them until now: a repeated report does not bring them back.
-- Reads and writes suppressions, health and soft:… (see the part).
-- Returns how many were suppressed.
-- include _suppressions
local now, n = tonumber(ARGV[1]), 0
for i = 2, #ARGV do
  if next(reasons_of(ARGV[i])) then
    note(ARGV[i], 'removed', now)
    put_reasons(ARGV[i], {})
    redis.call('DEL', 'soft:' .. ARGV[i])
    n = n + 1
    redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'address.restored', 'campaign', '', 'body', ARGV[i])
  end
end
return n
