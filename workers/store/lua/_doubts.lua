-- Shared by the scripts that write deliveries: one that a ledger which went back in time may have posted is unknown from the
-- start, and so is never queued.
-- $doubts hash: delivery -> epoch s (see doubt_letters.lua)
local doubts = redis.call('EXISTS', 'doubts') == 1
local function unless_doubted(group, recipient, state, reason)
  if doubts and redis.call('HDEL', 'doubts', group .. '-' .. recipient) == 1 then return 'unknown', 'ledger-went-back' end
  return state, reason
end
