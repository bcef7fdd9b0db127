-- unclaim_letters(keys=[agenda, claims], args=[campaign, action_id, claim, now_s, now_ms])
-- Gives back what a claim took whose answer never arrived: its letters surely did not leave, and are due at once.
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline; claim is that deadline
-- Returns how many letters wait again.
-- include _deliveries
local campaign, id, claim, now, now_ms = unpack(ARGV)
local raw, n = redis.call('GET', 'action:' .. id), 0
if not raw then return 0 end
local action = cjson.decode(raw)
for _, recipient in ipairs(action.candidates) do
  local r = read_record(action.group, recipient)
  if r and r.state == 'sending' and r.action == id and r.reason == claim then
    move(campaign, action.group, recipient, r, 'queued', now, '-', 'unclaimed')
    n = n + 1
  end
end
write_moves()
if n > 0 then
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZADD', KEYS[1], now_ms, id)
end
return n
