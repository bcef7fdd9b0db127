-- settle_unknown(keys=[agenda], args=[campaign, state, now_s, now_ms, day, who, group, recipient, ...])
-- A person decides what became of unknown letters: accepted, or queued again and due at once. One that a report or another person
-- settled meanwhile stays where it is.
-- $agenda zset: action -> ms of its next nudge
-- Returns {moved, in the order given: 1 or 0}.
-- include _deliveries
local campaign, state, now, now_ms, day, who = unpack(ARGV, 1, 6)
local moved = {}
for i = 7, #ARGV, 2 do
  local group, recipient = ARGV[i], ARGV[i + 1]
  local r = read_record(group, recipient)
  local done = r and r.state == 'unknown' and move(campaign, group, recipient, r, state, now, day, 'settled-by-hand')
  if done then
    if state == 'queued' then redis.call('ZADD', KEYS[1], now_ms, r.action) end
    append_event('letters.settled', campaign, group .. '-' .. recipient .. ' ' .. state .. ' by ' .. who)
  end
  moved[#moved + 1] = done and 1 or 0
end
write_moves()
return moved
