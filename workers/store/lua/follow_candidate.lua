-- follow_candidate(keys=[agenda], args=[campaign, candidate, now_s, now_ms, action_id, ...])
-- Moves the waiting letters of these actions to one candidate to where they belong now: queued if there is a usable address, held
-- if there is none, withheld if the candidate withdrew, signed or does not want them. It goes by state, so it may repeat.
-- $agenda zset: action -> ms of its next nudge
-- Returns {released, held, withheld}.
-- include _deliveries
-- include _addresses
-- include _pace
local campaign, candidate, now, now_ms = unpack(ARGV, 1, 4)
local moved = { queued = 0, held = 0, withheld = 0 }
local last

for i = 5, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('GET', 'action:' .. id)
  local group = raw and cjson.decode(raw).group
  local r = group and read_record(group, candidate)
  if r and r.action == id and (r.state == 'held' or r.state == 'queued') then
    local state, reason = hindrance(campaign, candidate, known_of(group, candidate))
    state, reason = state or 'queued', reason or '-'
    if state == 'queued' and r.state == 'held' then
      if queue_letter(KEYS[1], campaign, group, candidate, r, now, now_ms, reason) then moved.queued, last = moved.queued + 1, reason end
    elseif state ~= r.state then
      if move(campaign, group, candidate, r, state, now, '-', reason) then moved[state], last = moved[state] + 1, reason end
    elseif state == 'held' and r.reason ~= reason then
      r.reason = reason
      write_record(group, candidate, r)
    end
  end
end
for state, n in pairs(moved) do
  if n > 0 then append_event('letters.' .. state, campaign, candidate .. ' ' .. last .. ' ' .. n) end
end
write_moves()
return { moved.queued, moved.held, moved.withheld }
