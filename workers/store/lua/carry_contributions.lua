-- carry_contributions(keys=[decisions], args=[campaign, book, at, contribution...])
-- An edition carries these contributions: all of them, or none if another edition has one or an editor took one back.
-- $decisions hash: contribution -> "said at by bulletin book" and why:contribution -> text
-- Returns 1 if the edition has them now, however often it asks; else 0.
local campaign, book, at = ARGV[1], ARGV[2], ARGV[3]
local moved = {}
for place = 4, #ARGV do
  local said, by, bulletin, carried = string.match(redis.call('HGET', KEYS[1], ARGV[place]) or '', '^(%S+) %S+ (%S+) (%S+) (%S+)$')
  if said == 'accepted' then
    moved[#moved + 1] = ARGV[place]
    moved[#moved + 1] = table.concat({'carried', at, by, bulletin, book}, ' ')
  elseif carried ~= book then
    return 0
  end
end
if #moved > 0 then
  redis.call('HSET', KEYS[1], unpack(moved))
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'contributions.carried', 'campaign', campaign, 'body', book .. ' ' .. #moved / 2)
end
return 1
