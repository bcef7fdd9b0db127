-- forget_action(keys=[action], args=[book, group, action, now_s])
-- Forgets the words of an action, for its person is erased; what waits in its group is withheld. It goes by state, so it may repeat.
-- $action string: JSON, as it is to be from now on
-- Returns how many deliveries were withheld.
-- include _deliveries
local book, group, action, now = unpack(ARGV)
redis.call('SET', KEYS[1], action, 'XX')
local withheld = 0
for recipient in pairs(look_ahead_whole('deliveries:' .. group)) do
  local r = recipient ~= 'mailing' and read_record(group, recipient)
  if r and (r.state == 'queued' or r.state == 'held') then
    if move(book, group, recipient, r, 'withheld', now, '-', 'person-gone') then withheld = withheld + 1 end
  end
end
write_moves()
if withheld > 0 then append_event('letters.withheld', book, cjson.decode(action).id .. ' person-gone ' .. withheld) end
return withheld
