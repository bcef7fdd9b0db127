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

-- When a claim ends that its sender takes at now (s) for as long as until deadline (ms), in ms by the server's clock: that of a
-- sender may be an hour ahead, or behind.
local function ends_ms(now, deadline)
  local clock = redis.call('TIME')
  return clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(deadline) - now * 1000
end
