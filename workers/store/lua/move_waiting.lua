-- move_waiting(keys=[agenda], args=[campaign, candidate, state, reason, now_s, now_ms, action_id, ...])
-- Moves the waiting letters of these actions to one candidate: held ones to queued when an address came, or all to withheld.
-- $agenda zset: action -> ms of its next nudge
-- Returns how many moved.
-- include _deliveries
-- include _pace
local campaign, candidate, state, reason, now, now_ms = unpack(ARGV, 1, 6)
local n = 0
for i = 7, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('GET', 'action:' .. id)
  local group = raw and cjson.decode(raw).group
  local r = group and read_record(group, candidate)
  if r and r.action == id and (r.state == 'held' or (r.state == 'queued' and state ~= 'queued')) then
    local moved
    if state == 'queued' then
      moved = queue_letter(KEYS[1], campaign, group, candidate, r, now, now_ms, reason)
    else
      moved = move(campaign, group, candidate, r, state, now, '-', reason)
    end
    if moved then n = n + 1 end
  end
end
if n > 0 then append_event('letters.' .. state, campaign, candidate .. ' ' .. reason .. ' ' .. n) end
write_moves()
return n
