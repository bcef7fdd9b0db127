-- correct_signature(keys=[signatures, withdrawals, webhooks, tally, tally_signatories, log, entered, signed, signings], args=[campaign, candidate, before, after, previous, entry, by])
-- Puts another record in the place of a signature, which stays counted once, on its new day and by its new source.
-- Returns 1, or -1 when the signature is not what it was, or the entry must be sealed again on the log's new end.
-- include _signatures
local campaign, candidate, before, after, previous, entry, by = unpack(ARGV)
if redis.call('HGET', SIGNATURES, candidate) ~= before or head() ~= previous then return -1 end
redis.call('HSET', SIGNATURES, candidate, after)
redis.call('HSET', SIGNINGS, candidate, cjson.decode(after).at)
count_signature(before, -1)
count_signature(after, 1)
append_entry('corrected', campaign, candidate, entry, by)
return 1
