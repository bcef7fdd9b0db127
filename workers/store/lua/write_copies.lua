-- write_copies(keys=[action, actions, agenda, mailing], args=[book, id, order, now_s, groups])
-- Writes one order of a call or bulletin whose audience is being gathered: a queued copy for each of its people. Once. The first
-- so many groups are gathered then.
-- $action string: JSON, shaped as an Action   $actions list: ids   $agenda zset: id -> ms   $mailing hash: stage, audience, ...
-- Returns how many copies it wrote; 0 if they were written before, or nothing is gathered any more.
-- include _deliveries
-- include _doubts
local book, id, packed, now, groups = unpack(ARGV)
local stage, gathered = unpack(redis.call('HMGET', KEYS[4], 'stage', 'gathered'))
if stage ~= 'gathering' then return 0 end
if tonumber(groups) > tonumber(gathered or '0') then redis.call('HSET', KEYS[4], 'gathered', groups) end
if not redis.call('SET', KEYS[1], packed, 'NX') then return 0 end
local order = cjson.decode(packed)
put_field('deliveries:' .. order.group, 'mailing', 'copies:' .. book)
for _, person in ipairs(order.candidates) do
  local r = { state = 'queued', at = now, day = '-', action = id, call = '-', reason = '-' }
  r.state, r.reason = unless_doubted(order.group, person, r.state, r.reason)
  tally_state(book, person, r.state, 1)
  index(book, order.group, person, r, '', r.state)
  write_record(order.group, person, r)
end
redis.call('RPUSH', KEYS[2], id)
-- By the server's clock: a worker whose own is an hour ahead would put its readers off by that hour.
local clock = redis.call('TIME')
redis.call('ZADD', KEYS[3], clock[1] * 1000, id)
redis.call('HINCRBY', KEYS[4], 'audience', #order.candidates)
write_moves()
return #order.candidates
