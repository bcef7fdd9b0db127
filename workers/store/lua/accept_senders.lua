-- accept_senders(keys=[senders, paused], args=[sender, known, ...])
-- An operator said go: the ledger takes the journals' numbers for its own, and sending begins again unless it was paused for
-- another reason.
-- $senders hash: sender -> number of its newest claim   $paused hash: scope -> why
-- Returns 1 if a pause was lifted.
-- include _senders
for i = 1, #ARGV, 2 do
  local sender, known = ARGV[i], tonumber(ARGV[i + 1])
  if newest_claim(KEYS[1], sender) < known then redis.call('HSET', KEYS[1], sender, ARGV[i + 1]) end
end
local why = redis.call('HGET', KEYS[2], 'all')
if not why or cjson.decode(why).reason ~= WENT_BACK then return 0 end
redis.call('HDEL', KEYS[2], 'all')
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', 'ledger.accepted', 'campaign', '', 'body', 'sending goes on')
return 1
