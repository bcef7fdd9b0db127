-- settle_unknown(keys=[agenda], args=[campaign, state, now_s, now_ms, day, who, group, recipient, ...])
-- A person decides what became of unknown letters: accepted, or queued again, due as soon as the pace
-- allows (unknown it stays if no time is left). One that a report or another person
-- settled meanwhile stays where it is.
-- $agenda zset: action -> ms of its next nudge
-- Returns {moved, in the order given: 1 or 0}.
-- include _deliveries
-- include _pace
-- include _mailed
local campaign, state, now, now_ms, day, who = unpack(ARGV, 1, 6)
local moved = {}
for i = 7, #ARGV, 2 do
  local group, recipient = ARGV[i], ARGV[i + 1]
  local r = read_record(group, recipient)
  local done, at = false, r and r.at
  if r and r.state == 'unknown' and state == 'queued' then
    done = queue_letter(KEYS[1], campaign, group, recipient, r, now, now_ms, 'settled-by-hand')
  elseif r and r.state == 'unknown' then
    done = move(campaign, group, recipient, r, state, now, day, 'settled-by-hand')
  end
  if done and state == 'queued' and is_mailing(campaign) then unmark_mailed(recipient, at) end
  if done then
    append_event('letters.settled', campaign, group .. '-' .. recipient .. ' ' .. state .. ' by ' .. who)
  end
  moved[#moved + 1] = done and 1 or 0
end
write_moves()
return moved
