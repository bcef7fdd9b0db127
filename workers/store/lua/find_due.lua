-- find_due(keys=[agendas], args=[now_ms])
-- Looks at every agenda that is given, and changes nothing: a clock with nothing to do asks this alone.
-- $agendas zsets: member -> ms of its next nudge
-- Returns the places, from 1, of those in which the time of any member has come.
local due = {}
for place, agenda in ipairs(KEYS) do
  local first = redis.call('ZRANGE', agenda, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) <= tonumber(ARGV[1]) then
    due[#due + 1] = place
  end
end
return due
