-- claim_letters(keys=[agenda, claims, paused, hold, candidates, senders], args=[campaign, action_id, now_s, deadline_ms, sender, known])
-- Takes every queued letter of an action for posting, unless something forbids it: sending is paused or held back, the candidate
-- signed, withdrew or is suppressed, or no address of theirs can be used (see _addresses.lua).
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline   $paused hash: scope -> why   $hold string
-- $candidates hash: id -> JSON
-- sender is who takes them and known the number of its newest claim, "" and 0 for one without a journal (see _senders.lua).
-- A book of receipts has no candidates: its recipients' records are null, and their person is the action's.
-- Returns {"behind", number}, {"paused"}, {"hold", ms}, {"nothing"}, or {"claimed", number of this claim, action, person, candidate, which, ...} with JSON records; which of
-- the candidate's addresses the letter goes to is 1 or 2.
-- include _deliveries
-- include _addresses
-- include _senders
local campaign, id, now, deadline, sender, known = unpack(ARGV)

if sender ~= '' then
  local number = newest_claim(KEYS[6], sender)
  if number < tonumber(known) then
    stop_everything(KEYS[3], now, sender, number, known)
    return { 'behind', number }
  end
end

if redis.call('EXISTS', KEYS[3]) == 1 then
  for _, paused in ipairs(redis.call('HMGET', KEYS[3], 'all', 'campaign:' .. string.match(campaign, '^[^/]+'), 'queue:letters')) do
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

local action = cjson.decode(raw)
local claimed = { 'claimed', 0, raw, redis.call('GET', 'person:' .. action.person) or '' }
for _, candidate in ipairs(action.candidates) do
  local r = read_record(action.group, candidate)
  if r and r.state == 'queued' and r.action == id then
    local instead, reason, which = hindrance(campaign, candidate, tried_by(action.group, candidate))
    move(campaign, action.group, candidate, r, instead or 'sending', now, '-', reason or '-')
    if not instead then
      claimed[#claimed + 1] = redis.call('HGET', KEYS[5], candidate)
      claimed[#claimed + 1] = which
    end
  end
end
redis.call('ZREM', KEYS[1], id)
write_tallies()
if #claimed == 4 then return { 'nothing' } end
redis.call('ZADD', KEYS[2], deadline, id)
if sender ~= '' then claimed[2] = redis.call('HINCRBY', KEYS[6], sender, 1) end
return claimed
