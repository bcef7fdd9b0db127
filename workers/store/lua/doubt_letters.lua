-- doubt_letters(keys=[doubts], args=[campaign, action_id, group, now_s, candidate, ...])
-- Letters that a journal says were posted, and that the ledger has forgotten to be: those that wait become unknown, and those
-- that are not there at all are remembered, to be unknown should they be written again.
-- $doubts hash: delivery -> epoch s
-- This is the one way from queued or held to unknown: for a running system it would hide a letter that surely did not leave.
-- Returns {unknown, remembered}.
-- include _deliveries
MOVES.queued.unknown, MOVES.held.unknown = true, true
local campaign, id, group, now = unpack(ARGV, 1, 4)
local moved, remembered = {}, 0
for i = 5, #ARGV do
  local candidate = ARGV[i]
  local r = read_record(group, candidate)
  if not r then
    remembered = remembered + redis.call('HSETNX', KEYS[1], group .. '-' .. candidate, now)
  elseif r.state == 'queued' or r.state == 'held' then
    move(campaign, group, candidate, r, 'unknown', now, '-', 'ledger-went-back')
    moved[#moved + 1] = candidate
  end
end
if #moved > 0 then append_event('letters.unknown', campaign, id .. ' ' .. group .. ' ' .. table.concat(moved, ',')) end
write_moves()
return { #moved, remembered }
