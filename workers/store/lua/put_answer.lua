-- put_answer(keys=[answers, reasons, signatures], args=[campaign, candidate, said, at, about, reason])
-- Remembers once what a candidate answered, with the reason if one was given. Whoever has signed does not decline.
-- $answers hash: candidate -> "said at about", commas between   $reasons hash: candidate -> text   $signatures hash: candidate -> JSON
-- Returns 1 if that is new, else 0.
local campaign, candidate, said, at, about, reason = unpack(ARGV)
if said == 'declined' and redis.call('HEXISTS', KEYS[3], candidate) == 1 then return 0 end
local kept = redis.call('HGET', KEYS[1], candidate)
for word, on in string.gmatch(kept or '', '([^ ,]+) %d+ ([^ ,]+)') do
  if word == said and on == about then return 0 end
end
local words = said .. ' ' .. at .. ' ' .. about
redis.call('HSET', KEYS[1], candidate, kept and kept .. ',' .. words or words)
if reason ~= '' then redis.call('HSET', KEYS[2], candidate, reason) end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'candidate.answered', 'campaign', campaign, 'body', candidate .. ' ' .. said)
return 1
