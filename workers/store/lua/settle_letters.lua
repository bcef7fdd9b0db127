-- settle_letters(keys=[agenda, claims, hold], args=[campaign, action_id, group, now_s, day, retry_ms, hold_ms, claim, n, call..., state, call, reason, m, candidate..., ...])
-- Ends a claim: moves each letter to what its provider call came to, and counts it. A letter that a report has moved further
-- already stays there, and so does one that another claim has taken since: claim is the deadline_ms of the one that ends here.
-- One that goes back to queued is due again at retry_ms, and no call begins for hold_ms; after unknown ones for ever longer.
-- $agenda zset: action -> ms   $claims zset: action -> ms   $hold string: "provider", for hold_ms   $hold:unknown string: holds in a row
-- n message ids follow (the provider's, one a call); then what letters came to, and the m letters one after the other that came
-- to it, again and again; call is 1..n, or 0 for none.
-- Returns {moved, in the order given: 1 or 0}.
-- A copy of a call or bulletin that may have left counts among the mailings of its person (see _mailed.lua).
-- include _deliveries
-- include _mailed
local campaign, id, group, now, day, retry_ms, hold_ms, claim, n = unpack(ARGV, 1, 9)
n = tonumber(n)

local letters, fields = look_ahead_whole('deliveries:' .. group)
local calls, number = {}, fields - 1
for i = 1, n do
  -- Not every field stays (see claim_letters): their number alone may be that of an earlier call.
  repeat number = number + 1 until not letters['call:' .. number]
  calls[i] = number
  put_field('deliveries:' .. group, 'call:' .. calls[i], ARGV[9 + i])
end

local moved, ended, queued, left = {}, {}, false, {}
local function settle(candidate, state, call, reason)
  local r = read_record(group, candidate)
  local done = false
  local others = r and r.state == 'sending' and r.reason ~= '-' and r.reason ~= claim and claim ~= '0'
  if r and r.action == id and not others then
    if call ~= '0' then r.call = calls[tonumber(call)] end
    -- One that is queued waits for another call than this one: its answer must not end it.
    done = r.state ~= 'queued' and move(campaign, group, candidate, r, state, now, day, reason)
    if not done and call ~= '0' then write_record(group, candidate, r) end
    if done and state == 'queued' and cancel_if_over(campaign, group, candidate, r, now) then state = 'cancelled' end
  end
  moved[#moved + 1] = done and 1 or 0
  if not done then return end
  if LEFT[state] then left[#left + 1] = candidate end
  ended[state] = ended[state] or {}
  table.insert(ended[state], candidate)
  queued = queued or state == 'queued'
end

local i = 10 + n
while i <= #ARGV do
  local state, call, reason, m = unpack(ARGV, i, i + 3)
  for j = i + 4, i + 3 + m do settle(ARGV[j], state, call, reason) end
  i = i + 4 + m
end
if is_mailing(campaign) then mark_mailed(left, day) end

local sending, pattern = false, '^sending %S+ %S+ ' .. id
for _, packed in pairs(letters) do
  sending = sending or string.find(packed, pattern) ~= nil
end
if not sending then redis.call('ZREM', KEYS[2], id) end
if queued then redis.call('ZADD', KEYS[1], 'LT', retry_ms, id) end

-- A provider that does not answer is asked again after 2, 4, 8 ... 300 seconds: what it is asked meanwhile would be unknown too.
hold_ms = tonumber(hold_ms)
if ended.unknown and redis.call('EXISTS', KEYS[3]) == 0 then
  hold_ms = math.max(hold_ms, math.min(300000, 1000 * 2 ^ math.min(redis.call('INCR', KEYS[3] .. ':unknown'), 9)))
  redis.call('EXPIRE', KEYS[3] .. ':unknown', 1800)
elseif ended.accepted then
  redis.call('DEL', KEYS[3] .. ':unknown')
end
if hold_ms > 0 then redis.call('SET', KEYS[3], 'provider', 'PX', string.format('%d', hold_ms)) end
for state, letters in pairs(ended) do
  local named = is_mailing(campaign) and #letters or table.concat(letters, ',')
  append_event('letters.' .. state, campaign, id .. ' ' .. group .. ' ' .. named)
end
write_moves()
return moved
