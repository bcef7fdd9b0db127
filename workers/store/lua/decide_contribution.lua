-- decide_contribution(keys=[contributions, decisions], args=[campaign, contribution, said, at, by, bulletin, reason])
-- An editor accepts a contribution into a bulletin's next edition, or declines it; the newest word counts until an
-- edition carries it, and then no other does.
-- $contributions hash: contribution -> JSON   $decisions hash: contribution -> "said at by bulletin book" and why:contribution -> text
-- Returns "done"; "carried" if an edition has it; "none" if there is no such contribution.
local campaign, id, said, at, by, bulletin, reason = unpack(ARGV)
if redis.call('HEXISTS', KEYS[1], id) == 0 then return 'none' end
local was = redis.call('HGET', KEYS[2], id)
if was and string.match(was, '^carried ') then return 'carried' end
redis.call('HSET', KEYS[2], id, table.concat({said, at, by, bulletin, '-'}, ' '))
if reason ~= '' then redis.call('HSET', KEYS[2], 'why:' .. id, reason) else redis.call('HDEL', KEYS[2], 'why:' .. id) end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'contribution.' .. said, 'campaign', campaign, 'body', id .. ' by ' .. by)
return 'done'
