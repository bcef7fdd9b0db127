-- claim_letters(keys=[agenda, claims, paused, hold, candidates, senders], args=[campaign, action_id, now_s, deadline_ms, sender, known, tolerance, summary_ms, only])
-- Takes every queued letter of an action for posting, unless something forbids it: sending is paused or held back, the candidate
-- signed (or, for thanks, took it back), withdrew or is suppressed, or no address of theirs can be used (see _addresses.lua).
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline   $paused hash: scope -> why   $hold string
-- $candidates hash: id -> JSON
-- Letters to an address at a domain that is paused stay queued; a claim for a summary is put off by it.
-- Only letters whose time has come are taken (see _pace.lua); the action is due again when that of the next one comes.
-- Letters to one who wants them less often stay queued but for one a day: $spaced:{campaign}:{candidate} string: its action, for a day.
-- Where candidates may get a daily summary (tolerance is not -1), letters to one for whom more wait than that, or who wants them less
-- often, stay queued for it: $summaries:{campaign} zset: candidate -> ms of the next one, summary_ms for who comes to it now. A claim
-- for it names that candidate as only, and takes nothing else.
-- sender is who takes them and known the number of its newest claim, "" and 0 for one without a journal (see _senders.lua).
-- The recipient of a receipt may be a person: the record is null then, and the person is the action's.
-- Returns {"behind", number}, {"paused"}, {"hold", ms}, {"nothing"}, or {"claimed", number of this claim, action, person, s at which the first was due, candidate, which, kind, ...} with JSON
-- records; which of the candidate's addresses the letter goes to is 1 or 2; kind is "thanks" for a signature, or "ask".
-- include _deliveries
-- include _addresses
-- include _stops
-- include _pace
local campaign, id, now, deadline, sender, known, tolerance, summary_ms, only = unpack(ARGV)
tolerance = tonumber(tolerance)
-- Milliseconds after a summary until letters that it did not take are looked at again.
local AFTER_SUMMARY = 600000

local push = string.match(campaign, '^[^/]+')
local instead = stopped(KEYS[3], KEYS[4], KEYS[6], now, sender, known, { 'all', 'campaign:' .. push, 'queue:letters' })
if instead then return instead end
plan_of(campaign)
if retiming[campaign] then return { 'hold', 1000 } end
local raw = redis.call('GET', 'action:' .. id)
if not raw then
  redis.call('ZREM', KEYS[1], id)
  return { 'nothing' }
end

-- Milliseconds until this action's letter may go to a candidate who wants at most one a day; nil if it may go now.
local function spaced_ms(candidate, answers)
  if not answers or not says(answers, 'less-often') then return nil end
  local key = 'spaced:' .. campaign .. ':' .. candidate
  if redis.call('SET', key, id, 'NX', 'EX', 86400) or redis.call('GET', key) == id then return nil end
  return redis.call('PTTL', key)
end

-- Epoch ms at which a letter that stays for its candidate's summary is looked at again.
local function gather(candidate)
  redis.call('ZADD', 'summaries:' .. campaign, 'NX', summary_ms, candidate)
  local due = redis.call('ZSCORE', 'summaries:' .. campaign, candidate)
  return math.max(tonumber(due), now * 1000) + AFTER_SUMMARY
end

local function is_gathered(candidate, answers)
  if tolerance < 0 then return false end
  return redis.call('ZSCORE', 'summaries:' .. campaign, candidate)
    or redis.call('SCARD', 'waiting:' .. campaign .. ':' .. candidate) > tolerance
    or (answers and says(answers, 'less-often'))
end

-- A letter that goes alone is not in the summary any more in which it came back.
local function alone(group, candidate)
  local key, field = 'deliveries:' .. group, 'in:' .. candidate
  if look_at(key, field) then redis.call('HDEL', key, field) end
end

local action = cjson.decode(raw)

-- Epoch ms from which a letter may go; nil if it can't go any more.
local function due_ms(candidate, r, answers)
  if only ~= '' then return now * 1000 end
  if plan_of(campaign) and tonumber(r.at) > tonumber(now) then return r.at * 1000 end
  if is_gathered(candidate, answers) then return gather(candidate) end
  local wait = tolerance < 0 and spaced_ms(candidate, answers)
  if wait then return now * 1000 + wait end
  local due = due_of(campaign, candidate, r, now)
  if not due and tolerance >= 0 then return gather(candidate) end
  if due and due > tonumber(now) then
    r.at = due
    write_record(action.group, candidate, r)
  end
  return due and due * 1000
end

-- The address that a letter goes to; a receipt may go to its action's person.
local function address_of(candidate, which, person)
  local json = look_at(KEYS[5], candidate)
  local one = cjson.decode(json or person)
  return json and which == 2 and one.second_email or one.email
end

local later
local claimed = { 'claimed', 0, raw, redis.call('GET', 'person:' .. action.person) or '', now }
-- An unconfirmed person vanishes by themselves, and nobody is left to write to.
local gone = action.person ~= '' and claimed[4] == ''
look_ahead_at(campaign, action.group, action.candidates)
look_ahead(KEYS[5], action.candidates)
for _, candidate in ipairs(only == '' and action.candidates or { only }) do
  local r = read_record(action.group, candidate)
  if r and r.state == 'queued' and r.action == id then
    local tried, signed = known_of(action.group, candidate)
    local instead, reason, which, answers = hindrance(campaign, candidate, tried, signed)
    if gone then instead, reason = 'withheld', 'person-gone' end
    local stopped = paused_domains and not instead and not gone and at_paused_domain(address_of(candidate, which, claimed[4]))
    if stopped and only ~= '' then return { 'hold', DOMAIN_AGAIN } end
    local due = not instead and (stopped and now * 1000 + DOMAIN_AGAIN or due_ms(candidate, r, answers))
    if due == nil then instead, reason = 'held', 'no-time' end
    if due and due > now * 1000 then
      later = math.min(later or due, due)
    else
      if due then claimed[5] = math.min(claimed[5], tonumber(r.at)) end
      move(campaign, action.group, candidate, r, instead or 'sending', now, '-', reason or (instead and '-' or deadline))
    end
    if due and due <= now * 1000 then
      if only == '' then alone(action.group, candidate) end
      claimed[#claimed + 1] = look_at(KEYS[5], candidate)
      claimed[#claimed + 1] = which
      claimed[#claimed + 1] = signed and 'thanks' or 'ask'
    end
  end
end

local function waits_for_others()
  for _, candidate in ipairs(only == '' and {} or action.candidates) do
    local r = read_record(action.group, candidate)
    if r and r.state == 'queued' and r.action == id then return true end
  end
  return false
end

if not waits_for_others() then redis.call('ZREM', KEYS[1], id) end
if later then redis.call('ZADD', KEYS[1], later, id) end
write_moves()
if #claimed == 5 then return { 'nothing' } end
redis.call('ZADD', KEYS[2], ends_ms(now, deadline), id)
if sender ~= '' then claimed[2] = redis.call('HINCRBY', KEYS[6], sender, 1) end
return claimed
