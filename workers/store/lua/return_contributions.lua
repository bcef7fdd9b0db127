-- return_contributions(keys=[decisions], args=[book, at, but...])
-- An edition that was never sent gives back what it carried, all but some: it is accepted again, for the next one.
-- $decisions hash: contribution -> "said at by bulletin book" and why:contribution -> text
-- Returns how many it gave back.
local book, at = ARGV[1], ARGV[2]
local decisions, given, but = redis.call('HGETALL', KEYS[1]), 0, {}
for place = 3, #ARGV do but[ARGV[place]] = true end
for place = 1, #decisions, 2 do
  local id = decisions[place]
  local said, by, bulletin, carried = string.match(decisions[place + 1], '^(%S+) %S+ (%S+) (%S+) (%S+)$')
  if said == 'carried' and carried == book and not but[id] and string.sub(id, 1, 4) ~= 'why:' then
    redis.call('HSET', KEYS[1], id, table.concat({'accepted', at, by, bulletin, '-'}, ' '))
    given = given + 1
  end
end
return given
