-- settle_letters(keys=[agenda, claims, hold], args=[campaign, now_s, settlement...])
-- Ends claims: moves each letter to what its provider call came to, and counts it. A letter that a report has moved further already
-- stays there, and so does one that another claim has taken since.
-- A settlement is [action_id, group, claim, day, retry_ms, hold_ms, n, call * n, parts, part * parts]: claim is the deadline_ms of the
-- one that ends here, the calls are the provider's message ids. A part is [state, call, reason, m, candidate * m]: what m letters came to;
-- call is 1..n, or 0 for none.
-- One that goes back to queued is due again at retry_ms, and no call begins for hold_ms; after unknown ones for ever longer.
-- $agenda zset: action -> ms   $claims zset: action -> ms   $hold string: "provider", for hold_ms   $hold:unknown string: holds in a row
-- Returns {moved, in the order given: 1 or 0}.
-- A copy of a call or bulletin that may have left counts among the mailings of its person (see _mailed.lua).
-- include _deliveries
-- include _mailed
local campaign, now = unpack(ARGV, 1, 2)
local place = 2

-- The next n arguments.
local function read(n)
  place = place + n
  return unpack(ARGV, place - n + 1, place)
end

local moved, over, longest, any = {}, {}, 0, {}

-- Whether a letter is in another claim than the one that ends, or was when that ran out (see expire_claims).
local function is_of_another(r, claim)
  if r.state == 'sending' then return r.reason ~= '-' and r.reason ~= claim end
  return r.state == 'unknown' and string.sub(r.call, 1, 1) == '@' and r.call ~= '@' .. claim
end

-- Moves one letter; false if it stays where it is.
local function settle(id, group, claim, day, candidate, state, call, reason)
  local r = read_record(group, candidate)
  if not r or r.action ~= id or (claim ~= '0' and is_of_another(r, claim)) then return false end
  r.call = call or (string.sub(r.call, 1, 1) == '@' and '-' or r.call)
  -- One that is queued waits for another call than this one: its answer must not end it.
  local done = r.state ~= 'queued' and move(campaign, group, candidate, r, state, now, day, reason)
  if not done and call then write_record(group, candidate, r) end
  return done and (state == 'queued' and cancel_if_over(campaign, group, candidate, r, now) and 'cancelled' or state)
end

-- Writes the message ids of n calls; the number that each has in its group.
local function put_calls(group, letters, fields, n)
  local calls, number = {}, fields - 1
  for i = 1, n do
    -- Not every field stays (see claim_letters): their number alone may be that of an earlier call.
    repeat number = number + 1 until not letters['call:' .. number]
    calls[i] = number
    put_field(DELIVERIES[group], 'call:' .. number, (read(1)))
  end
  return calls
end

local function is_sending(letters, id)
  local pattern = '^sending %S+ %S+ ' .. id
  for _, packed in pairs(letters) do
    if string.find(packed, pattern) then return true end
  end
  return false
end

local function tell(id, group, ended)
  for state, letters in pairs(ended) do
    local named = is_mailing(campaign) and #letters or table.concat(letters, ',')
    append_event('letters.' .. state, campaign, id .. ' ' .. group .. ' ' .. named)
  end
end

local function settle_next()
  local id, group, claim, day, retry_ms, hold_ms, n = read(7)
  local letters, fields = look_ahead_whole(DELIVERIES[group])
  local calls, ended, left = put_calls(group, letters, fields, tonumber(n)), {}, {}
  for _ = 1, tonumber((read(1))) do
    local state, call, reason, m = read(4)
    for i = place + 1, place + m do
      local is = settle(id, group, claim, day, ARGV[i], state, calls[tonumber(call)], reason)
      moved[#moved + 1] = is and 1 or 0
      if is then
        ended[is] = ended[is] or {}
        table.insert(ended[is], ARGV[i])
        if LEFT[is] then left[#left + 1] = ARGV[i] end
      end
    end
    place = place + m
  end
  for state in pairs(ended) do any[state] = true end
  if ended.queued then redis.call('ZADD', KEYS[1], 'LT', retry_ms, id) end
  longest = math.max(longest, tonumber(hold_ms))
  if is_mailing(campaign) then mark_mailed(left, day) end
  if not is_sending(letters, id) then over[#over + 1] = id end
  tell(id, group, ended)
end

while place < #ARGV do settle_next() end
if #over > 0 then redis.call('ZREM', KEYS[2], unpack(over)) end

-- A provider that does not answer is asked again after 2, 4, 8 ... 300 seconds: what it is asked meanwhile would be unknown too.
if any.unknown and redis.call('EXISTS', KEYS[3]) == 0 then
  longest = math.max(longest, math.min(300000, 1000 * 2 ^ math.min(redis.call('INCR', KEYS[3] .. ':unknown'), 9)))
  redis.call('EXPIRE', KEYS[3] .. ':unknown', 1800)
elseif any.accepted then
  redis.call('DEL', KEYS[3] .. ':unknown')
end
if longest > 0 then redis.call('SET', KEYS[3], 'provider', 'PX', string.format('%d', longest)) end
write_moves()
return moved
