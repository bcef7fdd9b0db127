-- withdraw_answer(keys=[answers, reasons], args=[campaign, candidate, said, about, by])
-- Takes back what a candidate answered, with the reason that was given for it; about "" takes it back for every address.
-- $answers hash: candidate -> "said at about", commas between   $reasons hash: candidate -> text
-- Also forgets today's letter to one who wanted at most one a day, or that they get a summary: $spaced:{campaign}:{candidate} string
-- and $summaries:{campaign} zset. For whom too many letters wait comes to it again by the next claim.
-- Returns 1 if there was such an answer, else 0.
local campaign, candidate, said, about, by = unpack(ARGV)
local left, found = {}, false
for words, word, on in string.gmatch(redis.call('HGET', KEYS[1], candidate) or '', '(([^ ,]+) %d+ ([^ ,]+))') do
  if word == said and (about == '' or on == about) then
    found = true
  else
    left[#left + 1] = words
  end
end
if not found then return 0 end
if #left == 0 then
  redis.call('HDEL', KEYS[1], candidate)
else
  redis.call('HSET', KEYS[1], candidate, table.concat(left, ','))
end
if said == 'declined' then redis.call('HDEL', KEYS[2], candidate) end
if said == 'less-often' then
  redis.call('DEL', 'spaced:' .. campaign .. ':' .. candidate)
  redis.call('ZREM', 'summaries:' .. campaign, candidate)
end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'answer.withdrawn', 'campaign', campaign, 'body',
  candidate .. ' ' .. said .. ' by ' .. by)
return 1
