-- record_reports(keys=[suppressions], args=[campaign, group, recipient, state, at, day, reason, address_id, ...])
-- Moves deliveries to what the provider reports, if the move is legal from where they are: so repeats, shuffles and reports that
-- overtake our own settlement end in the same state. Seven words a report after the campaign; day counts a contact that was not
-- known of before; an address_id is suppressed.
-- $suppressions hash: address id -> "reason at"
-- Returns {moved, suppressed}.
-- include _deliveries
local campaign, moved, suppressed, told = ARGV[1], 0, 0, {}
for i = 2, #ARGV, 7 do
  local group, recipient, state, at, day, reason, address = unpack(ARGV, i, i + 6)
  local r = read_record(group, recipient)
  if r and state ~= '' and move(campaign, group, recipient, r, state, at, day, reason) then
    moved = moved + 1
    told[state] = (told[state] or 0) + 1
  end
  if r and address ~= '' then
    suppressed = suppressed + redis.call('HSETNX', KEYS[1], address, reason .. ' ' .. at)
  end
end
for state, n in pairs(told) do
  append_event('letters.' .. state, campaign, 'reported ' .. n)
end
write_tallies()
return { moved, suppressed }
