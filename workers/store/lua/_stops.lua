-- Shared by the scripts that claim: whether anything forbids that a claim begins.
-- $hold string: why no provider call may begin, till then
-- include _senders
-- include _paused

-- What to answer in place of a claim; nil if it may begin. known is the number of the sender's newest claim, 0 for one without a
-- journal, whose name is "".
local function stopped(paused, hold, senders, now, sender, known, scopes)
  if sender ~= '' then
    local number = newest_claim(senders, sender)
    if number < tonumber(known) then
      stop_everything(paused, now, sender, number, known)
      return { 'behind', number }
    end
  end
  if is_paused(paused, unpack(scopes)) then return { 'paused' } end
  local ms = redis.call('PTTL', hold)
  if ms > 0 then return { 'hold', ms } end
end
