-- decide_opening(keys=[openings], args=[campaign, state, by])
-- Keeps an operator's newest decision on a campaign, "open" or "closed", at the ledger's own time; "" forgets it.
-- $openings hash: campaign -> JSON state, at, by
-- Returns 1.
local campaign, state, by = unpack(ARGV)
if state == '' then
  redis.call('HDEL', KEYS[1], campaign)
else
  local now = tonumber(redis.call('TIME')[1])
  redis.call('HSET', KEYS[1], campaign, cjson.encode({ state = state, at = now, by = by }))
end
redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', state == 'closed' and 'campaign.closed' or 'campaign.opened',
  'campaign', campaign, 'body', 'by ' .. by)
return 1
