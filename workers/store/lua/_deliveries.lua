-- Shared by every script that moves a delivery: reads a record, moves it if the move is legal, and keeps the tallies in step.
-- $deliveries:{group} hash: recipient -> "state at day action call reason" (see keys.py)
-- $tally:{campaign} hash: state -> n, bounced:reason -> n   $tally:{campaign}:candidates hash: candidate:state -> n   $tally:{campaign}:days hash: day -> contacts
-- $window:{campaign}:{minute} hash: outcome -> n, for the breaker   $window:{campaign} string: epoch s since when they are counted
-- MOVES
local seen, whole, records, changes, lifetimes = {}, {}, {}, {}, {}

-- Keys that differ in one name, each put together once: a script for hundreds of copies asks for the same again and again.
local function keys_with(beginning, rest)
  return setmetatable({}, { __index = function(known, name)
    known[name] = beginning .. name .. (rest or '')
    return known[name]
  end })
end

local DELIVERIES, TALLY = keys_with('deliveries:'), keys_with('tally:')
local CANDIDATES, DAYS = keys_with('tally:', ':candidates'), keys_with('tally:', ':days')

-- Fields of a hash in the order asked, false for those that are not there.
local function values_of(key, fields)
  local values = {}
  for start = 1, #fields, 1000 do -- Lua unpacks no more than some thousands
    local some = redis.call('HMGET', key, unpack(fields, start, math.min(start + 999, #fields)))
    if #fields <= 1000 then return some end
    for i, value in ipairs(some) do values[start + i - 1] = value end
  end
  return values
end

-- Reads fields of a hash in one go, for all that look at them later in the same script.
local function look_ahead(key, fields)
  if #fields == 0 then return end
  local known = seen[key] or {}
  seen[key] = known
  for i, value in ipairs(values_of(key, fields)) do
    if known[fields[i]] == nil then known[fields[i]] = value end
  end
end

-- Reads a whole hash, if it is a short one; returns it, and how many fields it has.
local function look_ahead_whole(key)
  local known, fields = {}, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    known[fields[i]] = fields[i + 1]
  end
  for field, value in pairs(records[key] or {}) do
    known[field] = value
  end
  seen[key], whole[key] = known, true
  return known, #fields / 2
end

-- A field of a hash; false if it is not there.
local function look_at(key, field)
  local known = seen[key]
  if not known then return redis.call('HGET', key, field) end
  local value = known[field]
  if value == nil then value = not whole[key] and redis.call('HGET', key, field) end
  return value
end

local function count(key, field, n)
  local fields = changes[key]
  if not fields then
    fields = {}
    changes[key] = fields
  end
  fields[field] = (fields[field] or 0) + n
end

-- Writes the records that moved and what was counted since the start of the script: state and count move together.
local function write_moves()
  for key, fields in pairs(records) do
    local words = {}
    for field, value in pairs(fields) do
      words[#words + 1] = field
      words[#words + 1] = value
      if #words == 2000 then -- Lua unpacks no more than some thousands
        redis.call('HSET', key, unpack(words))
        words = {}
      end
    end
    if #words > 0 then redis.call('HSET', key, unpack(words)) end
    if lifetimes[key] then redis.call('EXPIRE', key, lifetimes[key]) end
  end
  for key, fields in pairs(changes) do
    for field, n in pairs(fields) do
      if n ~= 0 then redis.call('HINCRBY', key, field, n) end
    end
    if string.find(key, '^window:') then redis.call('EXPIRE', key, 18000) end
  end
end

local function parse_record(packed)
  local state, at, day, action, call, reason = string.match(packed, '^(%l+) (%d+) (%S+) (%S+) (%S+) (.*)$')
  if not MOVES[state or ''] then return nil end -- another field of the same hash
  return { state = state, at = at, day = day, action = action, call = call, reason = reason }
end

local function read_record(group, recipient)
  local packed = look_at(DELIVERIES[group], recipient)
  return packed and parse_record(packed) or nil
end

-- Only the caller's write_moves() writes it to the ledger.
local function put_field(key, field, value)
  seen[key], records[key] = seen[key] or {}, records[key] or {}
  seen[key][field], records[key][field] = value, value
end

local function write_record(group, recipient, r)
  local packed = r.state .. ' ' .. r.at .. ' ' .. r.day .. ' ' .. r.action .. ' ' .. r.call .. ' ' .. r.reason
  put_field(DELIVERIES[group], recipient, packed)
end

-- Whether these are the books of a call or a bulletin: its copies are counted by state alone, and found by their orders.
local mailings = {}
local function is_mailing(book)
  if mailings[book] == nil then mailings[book] = string.find(book, '/%l+%.') ~= nil end
  return mailings[book]
end

-- Counts n more letters in a state; for a candidate those that are being sent are queued still: a claim is over in a moment, and
-- would write two counts for each letter of it.
local function tally_state(campaign, recipient, state, n)
  count(TALLY[campaign], state, n)
  if is_mailing(campaign) then return end
  count(CANDIDATES[campaign], recipient .. (state == 'sending' and ':queued' or ':' .. state), n)
end

-- Seconds until a supporter hears that letters could not arrive: those that fail together are told together.
local UNDELIVERED_AFTER = 600

-- A letter that waits is found by its candidate; one that is unknown, or failed for good, is found by its campaign.
local function index(campaign, group, recipient, r, was, is)
  local waited, waits = was == 'queued' or was == 'held', is == 'queued' or is == 'held'
  if is_mailing(campaign) then waited, waits = false, false end
  if waits and not waited then redis.call('SADD', 'waiting:' .. campaign .. ':' .. recipient, r.action) end
  if waited and not waits then redis.call('SREM', 'waiting:' .. campaign .. ':' .. recipient, r.action) end
  if is == 'unknown' then redis.call('ZADD', 'unknown:' .. campaign, r.at, group .. '-' .. recipient) end
  if was == 'unknown' then redis.call('ZREM', 'unknown:' .. campaign, group .. '-' .. recipient) end
  if (is == 'bounced' or is == 'rejected') and not string.find(campaign, '/', 1, true) then
    redis.call('ZADD', 'undelivered:' .. campaign, 'NX', (r.at + UNDELIVERED_AFTER) * 1000, r.action)
  end
end

local HEARD = { rejected = true, delivered = true, bounced = true, complained = true }
local POSTED = { queued = true, sending = true, unknown = true }
local minute, since = nil, {}
local WINDOWS = setmetatable({}, { __index = function(known, campaign)
  known[campaign] = 'window:' .. campaign .. ':' .. minute
  return known[campaign]
end })

-- A summary is one mail: the breaker counts the first letter in it for all.
local function follows(group, recipient)
  local place = look_at(DELIVERIES[group], 'in:' .. recipient)
  return place and not string.find(place, ' 1$')
end

-- Counts for the breaker what became of a letter, in the minute in which it was learnt; what happened before a person let the
-- campaign go on is not held against it again. "accepted" is every letter that was handed over, however that came to be known.
local function count_window(campaign, group, recipient, was, state, at)
  local handed = POSTED[was] and (state == 'accepted' or (HEARD[state] and state ~= 'rejected'))
  if not handed and not HEARD[state] then return end
  if not is_mailing(campaign) and follows(group, recipient) then return end
  minute = minute or math.floor(tonumber(redis.call('TIME')[1]) / 60)
  since[campaign] = since[campaign] or tonumber(redis.call('GET', 'window:' .. campaign) or '0')
  if tonumber(at) < since[campaign] then return end
  if handed then count(WINDOWS[campaign], 'accepted', 1) end
  if HEARD[state] then count(WINDOWS[campaign], state, 1) end
end

-- Moves record r to state, counted on day if it becomes a contact; false if the move is not legal. Only the caller's
-- write_moves() writes it.
local function move(campaign, group, recipient, r, state, now, day, reason)
  local was = r.state
  if not MOVES[was][state] then return false end
  tally_state(campaign, recipient, was, -1)
  tally_state(campaign, recipient, state, 1)
  count_window(campaign, group, recipient, was, state, now)
  if was == 'bounced' then count(TALLY[campaign], 'bounced:' .. r.reason, -1) end
  if state == 'bounced' then count(TALLY[campaign], 'bounced:' .. reason, 1) end
  if CONTACT[state] and not CONTACT[was] then
    r.day = day
    count(DAYS[campaign], day, 1)
  elseif CONTACT[was] and not CONTACT[state] then
    count(DAYS[campaign], r.day, -1)
    r.day = '-'
  end
  r.state, r.at, r.reason = state, now, reason
  index(campaign, group, recipient, r, was, state)
  write_record(group, recipient, r)
  return true
end

-- A copy that comes back to a mailing which was cancelled meanwhile waits for nothing any more.
local function cancel_if_over(campaign, group, recipient, r, now)
  if not is_mailing(campaign) or redis.call('HGET', 'mailing:' .. campaign, 'stage') ~= 'cancelled' then return false end
  return move(campaign, group, recipient, r, 'cancelled', now, '-', 'cancelled')
end

local function append_event(kind, campaign, body)
  redis.call('XADD', 'events', 'MAXLEN', '~', 100000, '*', 'kind', kind, 'campaign', campaign, 'body', body)
end
