-- is_due(keys=[agendas], args=[now_ms])
-- Looks at every agenda that is given, and changes nothing: an idle clock asks this alone.
-- $agendas zsets: member -> ms of its next nudge
-- Returns 1 if the time of any member of any of them has come, else 0.
for _, agenda in ipairs(KEYS) do
  local first = redis.call('ZRANGE', agenda, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) <= tonumber(ARGV[1]) then
    return 1
  end
end
return 0
