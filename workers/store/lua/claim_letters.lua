-- claim_letters(keys=[agenda, claims, paused, hold, candidates, senders], args=[campaign, now_s, deadline_ms, sender, known, tolerance, summary_ms, only, action_id, ...])
-- Takes every queued letter of these actions for posting, unless something forbids it: sending is paused or held back, the candidate
-- signed (or, for thanks, took it back), withdrew or is suppressed, or no address of theirs can be used (see _addresses.lua).
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline   $paused hash: scope -> why   $hold string
-- $candidates hash: id -> JSON
-- Letters to an address at a domain that is paused stay queued; a claim for a summary is put off by it.
-- Only letters whose time has come are taken (see _pace.lua); an action is due again when that of its next one comes.
-- Letters to one who wants them less often stay queued but for one a day: $spaced:{campaign}:{candidate} string: its action, for a day.
-- Where candidates may get a daily summary (tolerance is not -1), letters to one for whom more wait than that, or who wants them less
-- often, stay queued for it: $summaries:{campaign} zset: candidate -> ms of the next one, summary_ms for who comes to it now. A claim
-- for it names that candidate as only and one action, and takes nothing else.
-- sender is who takes them and known the number of its newest claim, "" and 0 for one without a journal (see _senders.lua).
-- The recipient of a receipt may be a person: the record is null then, and the person is the action's.
-- Returns {"behind", number}, {"paused"}, {"hold", ms}, or {"claimed", number of the newest of these claims, claim, ...}. A claim is
-- {action, person, s at which the first was due, candidate, which, kind, ...} with JSON records; which of the candidate's addresses the
-- letter goes to is 1 or 2; kind is "thanks" for a signature, or "ask". Actions of which nothing could be taken have none.
-- include _deliveries
-- include _addresses
-- include _stops
-- include _pace
local campaign, now, deadline, sender, known, tolerance, summary_ms, only = unpack(ARGV, 1, 8)
tolerance = tonumber(tolerance)
local now_s = tonumber(now)
local now_ms = now_s * 1000
-- Milliseconds after a summary until letters that it did not take are looked at again.
local AFTER_SUMMARY = 600000

local instead = stopped(KEYS[3], KEYS[4], KEYS[6], now, sender, known, { 'all', 'campaign:' .. push_of(campaign), 'queue:letters' })
if instead then return instead end
local plan = plan_of(campaign)
if retiming[campaign] then return { 'hold', 1000 } end

-- Milliseconds until this action's letter may go to a candidate who wants at most one a day; nil if it may go now.
local function spaced_ms(id, candidate, answers)
  if not answers or not says(answers, 'less-often') then return nil end
  local key = 'spaced:' .. campaign .. ':' .. candidate
  if redis.call('SET', key, id, 'NX', 'EX', 86400) or redis.call('GET', key) == id then return nil end
  return redis.call('PTTL', key)
end

-- Epoch ms at which a letter that stays for its candidate's summary is looked at again.
local function gather(candidate)
  redis.call('ZADD', 'summaries:' .. campaign, 'NX', summary_ms, candidate)
  local due = redis.call('ZSCORE', 'summaries:' .. campaign, candidate)
  return math.max(tonumber(due), now_ms) + AFTER_SUMMARY
end

local function is_gathered(candidate, answers)
  if tolerance < 0 then return false end
  return redis.call('ZSCORE', 'summaries:' .. campaign, candidate)
    or redis.call('SCARD', 'waiting:' .. campaign .. ':' .. candidate) > tolerance
    or (answers and says(answers, 'less-often'))
end

-- A letter that goes alone is not in the summary any more in which it came back.
local function alone(group, candidate)
  local key, field = DELIVERIES[group], 'in:' .. candidate
  if look_at(key, field) then redis.call('HDEL', key, field) end
end

-- Epoch ms from which a letter may go; nil if it can't go any more.
local function due_ms(action, candidate, r, answers)
  if only ~= '' then return now_ms end
  if plan and tonumber(r.at) > now_s then return r.at * 1000 end
  if is_gathered(candidate, answers) then return gather(candidate) end
  local wait = tolerance < 0 and spaced_ms(r.action, candidate, answers)
  if wait then return now_ms + wait end
  local due = due_of(campaign, candidate, r, now)
  if not due and tolerance >= 0 then return gather(candidate) end
  if due and due > now_s then
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

local function waits(action, id, candidates)
  for _, candidate in ipairs(candidates) do
    local r = read_record(action.group, candidate)
    if r and r.state == 'queued' and r.action == id then return true end
  end
  return false
end

local function recipients_of(action)
  return only == '' and action.candidates or { only }
end

local claims, taken, over, forbidden = {}, {}, {}, nil

-- Takes what can be taken of one action, whose person (JSON, or false) is at hand.
local function take(id, raw, action, person)
  local later
  local claim = { raw, person or '', now_s }
  -- An unconfirmed person vanishes by themselves, and nobody is left to write to.
  local gone = action.person ~= '' and not person
  for _, candidate in ipairs(recipients_of(action)) do
    local r = read_record(action.group, candidate)
    if r and r.state == 'queued' and r.action == id then
      local tried, signed = known_of(action.group, candidate)
      local instead, reason, which, answers = hindrance(campaign, candidate, tried, signed)
      if gone then instead, reason = 'withheld', 'person-gone' end
      local stopped = paused_domains and not instead and at_paused_domain(address_of(candidate, which, claim[2]))
      if stopped and only ~= '' then forbidden = { 'hold', DOMAIN_AGAIN } end
      local due = not instead and (stopped and now_ms + DOMAIN_AGAIN or due_ms(action, candidate, r, answers))
      if due == nil then instead, reason = 'held', 'no-time' end
      if due and due > now_ms then
        later = math.min(later or due, due)
      elseif due then
        claim[3] = math.min(claim[3], tonumber(r.at))
        move(campaign, action.group, candidate, r, 'sending', now, '-', deadline)
        if only == '' then alone(action.group, candidate) end
        claim[#claim + 1] = look_at(KEYS[5], candidate)
        claim[#claim + 1] = which
        claim[#claim + 1] = signed and 'thanks' or 'ask'
      else
        move(campaign, action.group, candidate, r, instead, now, '-', reason or '-')
      end
    end
  end
  if forbidden then return end
  if later then
    redis.call('ZADD', KEYS[1], later, id)
  elseif only == '' or not waits(action, id, action.candidates) then
    over[#over + 1] = id
  end
  if #claim > 3 then claims[#claims + 1], taken[#taken + 1] = claim, id end
end

local ids, actions, names, people, candidates = { unpack(ARGV, 9) }, {}, {}, {}, {}
for i, id in ipairs(ids) do names[i] = 'action:' .. id end
local raws = redis.call('MGET', unpack(names))
for i in ipairs(ids) do
  local action = raws[i] and cjson.decode(raws[i])
  actions[i], people[i] = action, 'person:' .. (action and action.person or '')
  if action then
    look_ahead_whole(DELIVERIES[action.group])
    for _, candidate in ipairs(recipients_of(action)) do candidates[#candidates + 1] = candidate end
  end
end
people = redis.call('MGET', unpack(people))
look_ahead_at(campaign, candidates)
look_ahead(KEYS[5], candidates)
for i, id in ipairs(ids) do
  if actions[i] then take(id, raws[i], actions[i], people[i]) else over[#over + 1] = id end
end
if forbidden then return forbidden end
if #over > 0 then redis.call('ZREM', KEYS[1], unpack(over)) end
write_moves()
if #claims == 0 then return { 'claimed', 0 } end
local ends, until_then = ends_ms(now, deadline), {}
for _, id in ipairs(taken) do
  until_then[#until_then + 1] = ends
  until_then[#until_then + 1] = id
end
redis.call('ZADD', KEYS[2], unpack(until_then))
return { 'claimed', sender ~= '' and redis.call('HINCRBY', KEYS[6], sender, #claims) or 0, unpack(claims) }
