-- turn_copies(keys=[agenda], args=[book, now_s, from, to, reason, order_id, ...])
-- Moves every copy of these orders that is in one of the states in from (with blanks between): cancelled, or queued again.
-- $agenda zset: order -> ms
-- Returns how many moved.
-- include _deliveries
-- include _mailed
local book, now, from, to, reason = unpack(ARGV, 1, 5)
local n = 0
for i = 6, #ARGV do
  local raw, moved = redis.call('GET', 'action:' .. ARGV[i]), 0
  local order = raw and cjson.decode(raw)
  if order then
    look_ahead_whole('deliveries:' .. order.group)
    for _, person in ipairs(order.candidates) do
      local r = read_record(order.group, person)
      local was, at = r and r.state, r and r.at
      if r and string.find(' ' .. from .. ' ', ' ' .. r.state .. ' ', 1, true)
        and move(book, order.group, person, r, to, now, '-', reason) then
        if was == 'unknown' then unmark_mailed(person, at) end
        moved = moved + 1
      end
    end
  end
  if moved > 0 and to == 'queued' then redis.call('ZADD', KEYS[1], redis.call('TIME')[1] * 1000, ARGV[i]) end
  if to == 'cancelled' then redis.call('ZREM', KEYS[1], ARGV[i]) end
  n = n + moved
end
write_moves()
return n
