-- unclaim_letters(keys=[agenda, claims], args=[campaign, action_id, claim, now_s, now_ms, only])
-- Gives back what a claim took whose answer never arrived, or which its sender had not begun: its letters surely did not leave, also
-- if it has run out meanwhile (copies of mailings then stay unknown), and are due at once.
-- only is the candidate for whose summary it was claimed, or "".
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline; claim is that deadline
-- Returns how many letters wait again.
-- include _deliveries
local campaign, id, claim, now, now_ms, only = unpack(ARGV)
local raw, n, given, sending = redis.call('GET', 'action:' .. id), 0, false, false
if not raw then return 0 end
local action = cjson.decode(raw)
for _, recipient in ipairs(action.candidates) do
  local r = read_record(action.group, recipient)
  local ours = r and r.action == id and (only == '' or only == recipient)
  local taken = ours and r.state == 'sending' and r.reason == claim
  local ran_out = ours and r.state == 'unknown' and r.call == '@' .. claim and not is_mailing(campaign)
  if taken or ran_out then
    r.call = '-'
    move(campaign, action.group, recipient, r, 'queued', now, '-', 'unclaimed')
    given = true
    if not cancel_if_over(campaign, action.group, recipient, r, now) then n = n + 1 end
  end
  sending = sending or (r and r.state == 'sending' and r.action == id)
end
write_moves()
if given and not sending then redis.call('ZREM', KEYS[2], id) end
if n > 0 then redis.call('ZADD', KEYS[1], now_ms, id) end
return n
