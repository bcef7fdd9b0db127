-- claim_copies(keys=[agenda, claims, paused, hold, preferences, senders, mailing], args=[book, id, now_s, deadline_ms, sender, known, kinds, name, purpose, day, per_week, per_second, per_domain, most, tomorrow_ms])
-- Takes the queued copies of one order of a call or bulletin for posting, unless something forbids it: sending is paused or held
-- back, or a person is gone, took the consent back, is suppressed, wants less, or had per_week mailings in seven days (0: any).
-- kinds is "calls" or "bulletins", name the mailing's. No more copies than per_second and, to one mail domain, per_domain allow
-- (0: any), and most on this day (0: any); what is left is due in a moment, or tomorrow.
-- $agenda zset: order -> ms   $claims zset: order -> ms of the deadline   $paused hash: scope -> why   $hold string
-- $preferences hash: person -> words with commas between (see _profiles.lua)   $mailing hash: day:{day} -> copies taken
-- $limit:mailing:{book}, $limit:domain:{book}:{domain} string: epoch µs at which nothing of the rate is used up any more
-- sender is who takes them and known the number of its newest claim, "" and 0 for one without a journal (see _senders.lua).
-- Returns {"behind", number}, {"paused"}, {"hold", ms}, {"nothing"}, or {"copies", number of this claim, order, n words, person,
-- gss, ...} with the order and the people as JSON.
-- include _deliveries
-- include _addresses
-- include _stops
-- include _mailed
local book, id, now, deadline, sender, known, kinds, name, purpose, day = unpack(ARGV, 1, 10)
local per_week, per_second, per_domain, most, tomorrow = unpack(ARGV, 11, 15)
per_week, per_second, per_domain, most = tonumber(per_week), tonumber(per_second), tonumber(per_domain), tonumber(most)
-- Milliseconds until what a rate left over is looked at again, and seconds' worth of copies that may leave at once.
local MOMENT, AT_ONCE = 1000, 1

local scopes = { 'all', 'campaign:' .. push_of(book), 'queue:bulletins', 'mailing:' .. book }
local instead = stopped(KEYS[3], KEYS[4], KEYS[6], now, sender, known, scopes)
if instead then return instead end
local raw = redis.call('GET', 'action:' .. id)
if not raw then
  redis.call('ZREM', KEYS[1], id)
  return { 'nothing' }
end

local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
-- How many more may leave at this rate: n now, of which take() uses one each.
local rates = {}
local function rate_of(key, per_s)
  local rate = rates[key]
  if not rate then
    local used = math.max(tonumber(redis.call('GET', key) or '0'), now_us)
    rate = { used = used, each = 1000000 / per_s, till = now_us + math.max(AT_ONCE * 1000000, 1000000 / per_s) }
    rates[key] = rate
  end
  return rate
end

local function has_room(rate)
  return not rate or rate.used + rate.each <= rate.till + 1
end

local function take(rate)
  if rate then rate.used, rate.taken = rate.used + rate.each, true end
end

local order = cjson.decode(raw)
local people = order.candidates
local known_people = {}
for start = 1, #people, 1000 do -- Lua unpacks no more than some thousands
  local names = {}
  for i = start, math.min(start + 999, #people) do names[#names + 1] = 'person:' .. people[i] end
  for i, person in ipairs(redis.call('MGET', unpack(names))) do known_people[start + i - 1] = person end
end
look_ahead_whole('deliveries:' .. order.group)
local wished, profiles = values_of('preferences', people), profiles_of(people)

-- Of each person, by their place in the order, what their profile says; nothing of those whom nobody knows.
local address, domain, seats, purposes, mailed, addresses = {}, {}, {}, {}, {}, {}
for i = 1, #people do
  if known_people[i] and profiles[i] then
    address[i], domain[i], seats[i], purposes[i], mailed[i] =
      string.match(profiles[i], '^(%S+) (%S+) (%S+) %S+ %S+ (%S+) (%S+)$')
  end
  addresses[i] = address[i] or ''
end
local suppressed = values_of('suppressions', addresses)

-- Days since 1970 on which a person was mailed, of the last seven and of the last 28.
local function mailings(days)
  local week, month = 0, 0
  for each in string.gmatch(days, '%d+') do
    if tonumber(each) > tonumber(day) - 7 then week = week + 1 end
    if tonumber(each) > tonumber(day) - 28 then month = month + 1 end
  end
  return week, month
end

-- Whether people with these purposes agreed to this mailing; most have the same.
local agreed = setmetatable({}, { __index = function(known, words)
  known[words] = string.find(',' .. words .. ',', ',' .. purpose .. ',', 1, true) ~= nil
  return known[words]
end })

-- Why the i-th person gets no copy; nil if they do.
local function unwanted(i)
  if not address[i] then return 'person-gone' end
  local wishes = wished[i]
  if wishes then
    wishes = ',' .. wishes .. ','
    for _, no in ipairs({ 'no-' .. kinds, 'no:' .. name }) do
      if string.find(wishes, ',' .. no .. ',', 1, true) then return 'opted-out' end
    end
  end
  if not agreed[purposes[i]] then return 'opted-out' end
  if suppressed[i] then return refuses(suppressed[i]) and 'suppressed' or 'address-bounced' end
  if mailed[i] == '-' then return nil end
  local week, month = mailings(mailed[i])
  if per_week > 0 and week >= per_week then return 'enough-mail' end
  if month > 0 and wishes and string.find(wishes, ',seldom,', 1, true) then return 'seldom' end
end

local taken, today, later = {}, tonumber(most > 0 and redis.call('HGET', KEYS[7], 'day:' .. day) or '0'), nil
local overall = per_second > 0 and rate_of('limit:mailing:' .. book, per_second) or nil
for i, person in ipairs(people) do
  local r = read_record(order.group, person)
  if r and r.state == 'queued' and r.action == id then
    local why = unwanted(i)
    local theirs = not why and per_domain > 0 and rate_of('limit:domain:' .. book .. ':' .. domain[i], per_domain) or nil
    local waits = not why and paused_domains and at_paused_domain(cjson.decode(known_people[i]).email)
    if why then
      move(book, order.group, person, r, 'withheld', now, '-', why)
    elseif waits then
      later = math.min(later or tomorrow, math.floor(now_us / 1000) + DOMAIN_AGAIN)
    elseif most > 0 and today >= most then
      later = later or tonumber(tomorrow)
    elseif has_room(overall) and has_room(theirs) then
      take(overall)
      take(theirs)
      today = today + 1
      move(book, order.group, person, r, 'sending', now, '-', deadline)
      taken[#taken + 1] = known_people[i]
      taken[#taken + 1] = seats[i]
    else
      later = math.min(later or tomorrow, math.floor(now_us / 1000) + MOMENT)
    end
  end
end

if later then
  redis.call('ZADD', KEYS[1], later, id)
else
  redis.call('ZREM', KEYS[1], id)
end
for key, rate in pairs(rates) do
  if rate.taken then
    redis.call('SET', key, string.format('%d', rate.used), 'PX', math.max(1, math.ceil((rate.used - now_us) / 1000)))
  end
end
if most > 0 and #taken > 0 then redis.call('HINCRBY', KEYS[7], 'day:' .. day, #taken / 2) end
write_moves()
if #taken == 0 then return { 'nothing' } end
redis.call('ZADD', KEYS[2], ends_ms(now, deadline), id)
local number = sender ~= '' and redis.call('HINCRBY', KEYS[6], sender, 1) or 0
local answer = { 'copies', number, raw }
for _, word in ipairs(taken) do answer[#answer + 1] = word end
return answer
