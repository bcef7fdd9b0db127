-- queue_receipt(keys=[action, actions, agenda, reach], args=[book, receipt_id, receipt, group, recipient, address_id, now_s, nudge_at_ms, signed])
-- Remembers a receipt once, queued, and counts it; both or neither.
-- recipient is a person with an address of their own, or a candidate (address_id ""), who is reached as for letters; signed is
-- the candidate whose signature it is about, or "".
-- $action string: JSON, shaped as an Action   $actions list: ids   $agenda zset: id -> ms   $reach hash: person -> address id
-- Returns 1 for a new receipt, else 0.
-- include _deliveries
-- include _doubts
local book, id, receipt, group, recipient, address, now, nudge_at, signed = unpack(ARGV)
if not redis.call('SET', KEYS[1], receipt, 'NX') then return 0 end
if redis.call('HSETNX', 'deliveries:' .. group, 'mailing', 'receipt:' .. book) == 1 then
  count('tally:' .. book, 'supporters', 1)
end
local r = { state = 'queued', at = now, day = '-', action = id, call = '-', reason = '-' }
r.state, r.reason = unless_doubted(group, recipient, r.state, r.reason)
tally_state(book, recipient, r.state, 1)
index(book, group, recipient, r, '', r.state)
write_record(group, recipient, r)
if signed ~= '' then redis.call('HSET', 'deliveries:' .. group, 'signed:' .. recipient, signed) end
if address ~= '' then redis.call('HSET', KEYS[4], recipient, address) end
redis.call('RPUSH', KEYS[2], id)
redis.call('ZADD', KEYS[3], nudge_at, id)
append_event('receipt.queued', book, id)
write_moves()
return 1
