-- record_signature(keys=[signatures, withdrawals, webhooks, tally, tally_signatories, log, entered, signed, signings], args=[campaign, candidate, at, webhook, signature, previous, entry, by, nudge_at_ms])
-- Records a signature once and counts its signatory once: both or neither. A callback that was seen, or that is older than a
-- withdrawal, changes nothing. previous is the hash that entry was sealed on: the log may have grown since.
-- Returns 1 for a new signatory, 0 when nothing changed, -1 when the entry must be sealed again.
-- include _signatures
local campaign, candidate, at, webhook, signature, previous, entry, by, nudge_at = unpack(ARGV)
if webhook ~= '' and redis.call('SISMEMBER', WEBHOOKS, webhook) == 1 then return 0 end
local withdrawn = redis.call('HGET', WITHDRAWALS, candidate)
local late = withdrawn and tonumber(withdrawn) >= tonumber(at)
local new = not late and redis.call('HEXISTS', SIGNATURES, candidate) == 0
if new and head() ~= previous then return -1 end
if webhook ~= '' then redis.call('SADD', WEBHOOKS, webhook) end
local said = tonumber(redis.call('HGET', SIGNINGS, candidate) or '0')
redis.call('HSET', SIGNINGS, candidate, math.max(said, tonumber(at)))
if not new then return 0 end
redis.call('HSET', SIGNATURES, candidate, signature)
redis.call('HINCRBY', TALLY, 'signatories', 1)
count_signature(signature, 1)
for _, step in ipairs(STEPS) do
  redis.call('ZADD', SIGNED, nudge_at, step .. ':' .. candidate)
end
append_entry('signed', campaign, candidate, entry, by)
return 1
