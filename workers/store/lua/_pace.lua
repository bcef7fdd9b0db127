-- Shared by every script that queues letters: each gets the time from which it may leave. The rules are those of
-- workers/campaign/slots.py, which forecasts by them; hours and shares are explained in workers/campaign/timetable.py.
-- $pace:{campaign} hash: plan -> "version opens ends shift cap domain_cap hour:shares ..." (none: no pace), retimed -> n
-- $slots:{campaign} hash: candidate -> µs of its newest slot, @domain -> first hour that may have room
-- $rooms:{campaign}:{version}:{hour} hash: domain -> letters, till that hour is over
-- $domains:{campaign} hash: candidate -> domain of its address, @domain -> candidates there
local HOUR, LAG, US = 3600, 5, 1000000
local plans, retiming = {}, {}

-- A field that is read once in a script, however many letters ask; put_field() and write_moves() write it.
local function recall(key, field)
  local value = look_at(key, field)
  seen[key] = seen[key] or {}
  seen[key][field] = value
  return value
end

local function read_plan(campaign)
  local packed, at = unpack(redis.call('HMGET', 'pace:' .. campaign, 'plan', 'retimed'))
  retiming[campaign] = at
  if not packed then return false end
  local words = {}
  for word in string.gmatch(packed, '%S+') do words[#words + 1] = word end
  local plan = { version = words[1], segments = {} }
  for i, name in ipairs({ 'opens', 'ends', 'shift', 'cap', 'domain_cap' }) do plan[name] = tonumber(words[i + 1]) end
  for i = 7, #words do
    local hour, shares = string.match(words[i], '^(%d+):(.*)$')
    plan.segments[i - 6] = { hour = tonumber(hour), packed = shares }
  end
  return plan
end

local function plan_of(campaign)
  if plans[campaign] == nil then plans[campaign] = read_plan(campaign) end
  return plans[campaign]
end

local function hour_of(plan, at)
  return math.floor((at + plan.shift) / HOUR)
end

local function share_of(plan, hour)
  local found = plan.segments[1]
  for _, segment in ipairs(plan.segments) do
    if segment.hour > hour then break end
    found = segment
  end
  if not found.shares then
    found.shares = {}
    for share in string.gmatch(found.packed, '%d+') do found.shares[#found.shares + 1] = tonumber(share) end
  end
  return found.shares[hour % 24 + 1]
end

local function room_of(cap, share)
  if share == 0 then return 0 end
  return math.max(1, math.floor((cap * share + 500) / 1000))
end

local function jitter(candidate, spacing)
  return math.floor(spacing * tonumber(string.sub(redis.sha1hex(candidate), 1, 4), 16) / 131072)
end

-- The domain of a candidate's address, if others have theirs there as well.
local function domain_of(campaign, candidate)
  local key = 'domains:' .. campaign
  local domain = recall(key, candidate)
  return domain and tonumber(recall(key, '@' .. domain) or '0') > 1 and domain or nil
end

local function rooms_key(campaign, plan, hour)
  return 'rooms:' .. campaign .. ':' .. plan.version .. ':' .. string.format('%d', hour)
end

-- The candidate's next slot from now on: µs, its hour, domain; nil if there is none before the end.
local function next_slot(plan, campaign, candidate, now)
  local slots, domain = 'slots:' .. campaign, domain_of(campaign, candidate)
  local newest = tonumber(recall(slots, candidate) or nil)
  local earliest = math.max(now, plan.opens)
  local first = domain and tonumber(recall(slots, '@' .. domain) or '0') or 0
  local known = first
  first = math.max(hour_of(plan, earliest), first)
  local hour = newest and math.max(first, hour_of(plan, math.floor(newest / US))) or first
  local unbroken = domain and hour == first
  local at
  while hour * HOUR - plan.shift < plan.ends do
    local share = share_of(plan, hour)
    if share > 0 then
      local begins = hour * HOUR - plan.shift
      local spacing = math.ceil((HOUR + LAG) * US / room_of(plan.cap, share))
      local limit = math.min((begins + HOUR) * US - math.min(math.floor(spacing / 5), 30 * US), plan.ends * US)
      local from = math.max(begins, earliest)
      at = from * US + (from > now and jitter(candidate, spacing) or 0)
      if newest then at = math.max(at, newest + spacing) end
      if at >= limit then
        unbroken = false
      elseif not domain or tonumber(recall(rooms_key(campaign, plan, hour), domain) or '0') < room_of(plan.domain_cap, share) then
        break
      end
    end
    at = nil
    hour = hour + 1
    if unbroken then first = hour end
  end
  if domain and first > known then put_field(slots, '@' .. domain, string.format('%d', first)) end
  return at, hour, domain
end

-- Whether a candidate gets a daily summary, and so needs no slots: $summaries:{campaign} zset: candidate -> ms.
local summing = {}
local function is_summed_up(campaign, candidate)
  local key = 'summaries:' .. campaign
  if summing[key] == nil then summing[key] = redis.call('EXISTS', key) == 1 end
  return summing[key] and redis.call('ZSCORE', key, candidate)
end

-- When a letter to this candidate that is queued now may leave: epoch s, now at the earliest. It is one of the candidate's slots,
-- and is taken by this (write_moves() writes it). nil: none is left before the end.
local function reserve(campaign, candidate, now)
  now = tonumber(now)
  local plan = plan_of(campaign)
  if not plan or is_summed_up(campaign, candidate) then return now end
  local at, hour, domain = next_slot(plan, campaign, candidate, now)
  if not at then return nil end
  put_field('slots:' .. campaign, candidate, string.format('%.0f', at))
  if domain then
    local key = rooms_key(campaign, plan, hour)
    put_field(key, domain, tonumber(recall(key, domain) or '0') + 1)
    lifetimes[key] = math.max(1, (hour + 2) * HOUR - plan.shift - now)
  end
  return math.floor(at / US)
end

-- When a letter that is queued may leave: epoch s. One whose hour has passed takes a new slot, so that nobody gets at once what
-- was held up; nil if none is left. Without a pace it is now, whatever another machine's clock said.
local function due_of(campaign, candidate, r, now)
  now = tonumber(now)
  local plan, at = plan_of(campaign), tonumber(r.at)
  if not plan then return now end
  if at > now or hour_of(plan, at) == hour_of(plan, now) then return at end
  return reserve(campaign, candidate, now)
end

-- Moves record r to queued, on the agenda (if one is named) for the time from which it may leave. A letter for which no time is left is held; one
-- that is neither queued nor held (unknown, bounced) stays what it is. Returns the state that it has come to, false if it did not move.
local function queue_letter(agenda, campaign, group, candidate, r, now, now_ms, reason)
  local due = reserve(campaign, candidate, now)
  if not due then
    if r.state == 'queued' then return move(campaign, group, candidate, r, 'held', now, '-', 'no-time') and 'held' end
    if r.state == 'held' and r.reason ~= 'no-time' then
      r.reason = 'no-time'
      write_record(group, candidate, r)
    end
    return false
  end
  if r.state ~= 'queued' and not move(campaign, group, candidate, r, 'queued', now, '-', reason) then return false end
  r.at = due
  write_record(group, candidate, r)
  if agenda then redis.call('ZADD', agenda, 'LT', due > tonumber(now) and due * 1000 or now_ms, r.action) end
  return 'queued'
end
