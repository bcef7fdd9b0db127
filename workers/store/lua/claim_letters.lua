-- claim_letters(keys=[agenda, claims, paused, hold, candidates, reach, suppressions, signatures], args=[campaign, action_id, now_s, deadline_ms])
-- Takes every queued letter of an action for posting, unless something forbids it: sending is paused or held back, the candidate
-- signed, withdrew, lost the address or is suppressed.
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline   $paused hash: scope -> why   $hold string
-- $candidates hash: id -> JSON   $reach hash: id -> address id, "" or "-"   $suppressions hash: address id -> why   $signatures hash: candidate -> JSON
-- Returns {"paused"}, {"hold", ms}, {"nothing"}, or {"claimed", action, person, candidate_id, candidate, ...} with JSON records.
-- include _deliveries
local campaign, id, now, deadline = unpack(ARGV)

if redis.call('EXISTS', KEYS[3]) == 1 then
  for _, paused in ipairs(redis.call('HMGET', KEYS[3], 'all', 'campaign:' .. campaign, 'queue:letters')) do
    if paused then return { 'paused' } end
  end
end
local hold = redis.call('PTTL', KEYS[4])
if hold > 0 then return { 'hold', hold } end
local raw = redis.call('GET', 'action:' .. id)
if not raw then
  redis.call('ZREM', KEYS[1], id)
  return { 'nothing' }
end

-- Where a letter to this candidate must go instead of out, and why; nil when it may leave.
local function hindrance(candidate)
  local reach = redis.call('HGET', KEYS[6], candidate)
  if not reach or reach == '-' then return 'withheld', 'withdrawn' end
  if reach == '' then return 'held', 'no-address' end
  if redis.call('HEXISTS', KEYS[7], reach) == 1 then return 'withheld', 'suppressed' end
  if redis.call('HEXISTS', KEYS[8], candidate) == 1 then return 'withheld', 'signed' end
end

local action = cjson.decode(raw)
local claimed = { 'claimed', raw, redis.call('GET', 'person:' .. action.person) or '' }
for _, candidate in ipairs(action.candidates) do
  local r = read_record(action.group, candidate)
  if r and r.state == 'queued' and r.action == id then
    local instead, reason = hindrance(candidate)
    move(campaign, action.group, candidate, r, instead or 'sending', now, '-', reason or '-')
    if not instead then
      claimed[#claimed + 1] = candidate
      claimed[#claimed + 1] = redis.call('HGET', KEYS[5], candidate)
    end
  end
end
redis.call('ZREM', KEYS[1], id)
write_tallies()
if #claimed == 3 then return { 'nothing' } end
redis.call('ZADD', KEYS[2], deadline, id)
return claimed
