-- find_groups(keys=[], args=[group, ...])
-- $deliveries:{group} hash: recipient -> delivery record
-- Returns "1" for each group that has deliveries, "0" for each other, in their order.
local found = {}
for i, group in ipairs(ARGV) do
  found[i] = redis.call('EXISTS', 'deliveries:' .. group)
end
return table.concat(found)
