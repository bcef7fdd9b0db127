-- withdraw_signature(keys=[signatures, withdrawals, webhooks, tally, tally_signatories, log, entered, signed, signings], args=[campaign, candidate, at, webhook, previous, entry, by])
-- Takes a signature back and counts one signatory less: both or neither. One that was given, or given again, later stays.
-- Returns 1 if there was a signature to take back, 0 if not, -1 when the entry must be sealed again on the log's new end.
-- include _signatures
local campaign, candidate, at, webhook, previous, entry, by = unpack(ARGV)
if webhook ~= '' and redis.call('SISMEMBER', WEBHOOKS, webhook) == 1 then return 0 end
local raw = redis.call('HGET', SIGNATURES, candidate)
local said = tonumber(redis.call('HGET', SIGNINGS, candidate) or '0')
local stays = not raw or math.max(cjson.decode(raw).at, said) > tonumber(at)
if not stays and head() ~= previous then return -1 end
if webhook ~= '' then redis.call('SADD', WEBHOOKS, webhook) end
local withdrawn = tonumber(redis.call('HGET', WITHDRAWALS, candidate) or '0')
redis.call('HSET', WITHDRAWALS, candidate, math.max(withdrawn, tonumber(at)))
if stays then return 0 end
redis.call('HDEL', SIGNATURES, candidate)
redis.call('HINCRBY', TALLY, 'signatories', -1)
count_signature(raw, -1)
for _, step in ipairs(STEPS) do
  redis.call('ZREM', SIGNED, step .. ':' .. candidate)
end
append_entry('withdrawn', campaign, candidate, entry, by)
return 1
