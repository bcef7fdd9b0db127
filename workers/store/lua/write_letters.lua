-- write_letters(keys=[unwritten, agenda, reach], args=[campaign, now_s, now_ms, nudge_ms, thanks, tolerance, summary_ms, action_id, ...])
-- Writes one letter for each (campaign, supporter, candidate) that has none yet, counts it, and puts the action on the agenda.
-- Each letter that is queued gets the time from which it may leave; without any left before polling day it is held.
-- thanks "1": a candidate who had signed when the supporter acted gets thanks in place of the ask.
-- A candidate for whom more letters wait than tolerance (-1: any number), or who would get one too late, gets them in a daily summary,
-- the next one at summary_ms: $summaries:{campaign} zset: candidate -> ms.
-- $unwritten zset: action -> ms   $agenda zset: action -> ms   $reach hash: candidate -> address id, "" or "-"
-- Also reads action:{id} and signatures:{campaign}, and writes deliveries:{group}, waiting:…, tally:… (see _deliveries.lua).
-- Returns {action_id, n, ...}: the letters newly written for each action that has letters to send now.
-- include _deliveries
-- include _doubts
-- include _pace
local campaign, now, now_ms, nudge_ms, thanks, tolerance, summary_ms = unpack(ARGV, 1, 7)
tolerance = tonumber(tolerance)

local function gather(recipient)
  redis.call('ZADD', 'summaries:' .. campaign, 'NX', summary_ms, recipient)
end

local function had_signed(recipient, at)
  local signature = thanks == '1' and look_at('signatures:' .. campaign, recipient)
  return signature and cjson.decode(signature).at <= at
end

local function write(group, recipient, action, at)
  local key = 'deliveries:' .. group
  if look_at(key, recipient) then return nil end
  local reach = look_at(KEYS[3], recipient)
  local r = { at = now, day = '-', action = action, call = '-', reason = '-', state = 'queued' }
  if not reach or reach == '-' then r.state, r.reason = 'withheld', 'withdrawn' end
  if reach == '' then r.state, r.reason = 'held', 'no-address' end
  r.state, r.reason = unless_doubted(group, recipient, r.state, r.reason)
  if r.state == 'queued' then
    local due = reserve(campaign, recipient, now)
    if due then
      r.at = due
    elseif tolerance >= 0 then
      gather(recipient)
    else
      r.state, r.reason = 'held', 'no-time'
    end
  end
  if had_signed(recipient, at) then redis.call('HSET', key, 'signed:' .. recipient, recipient) end
  tally_state(campaign, recipient, r.state, 1)
  index(campaign, group, recipient, r, '', r.state)
  write_record(group, recipient, r)
  return r.state, r.at
end

local function is_too_much(recipient)
  return tolerance >= 0 and redis.call('SCARD', 'waiting:' .. campaign .. ':' .. recipient) > tolerance
end

local due = {}
for i = 8, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('GET', 'action:' .. id)
  if raw then
    local action = cjson.decode(raw)
    if redis.call('HSETNX', 'deliveries:' .. action.group, 'mailing', 'letter:' .. campaign) == 1 then
      count('tally:' .. campaign, 'supporters', 1)
    end
    look_ahead('deliveries:' .. action.group, action.candidates)
    look_ahead(KEYS[3], action.candidates)
    local written, first = 0, nil
    for _, candidate in ipairs(action.candidates) do
      local state, at = write(action.group, candidate, id, action.at)
      if state then written = written + 1 end
      if state == 'queued' then
        first = math.min(first or tonumber(at), tonumber(at))
        if is_too_much(candidate) then gather(candidate) end
      end
    end
    local ready = first and first <= tonumber(now)
    if ready then redis.call('ZADD', KEYS[2], now_ms + nudge_ms, id) end
    if first and not ready then redis.call('ZADD', KEYS[2], 'LT', first * 1000, id) end
    if written > 0 then append_event('letters.written', campaign, id .. ' ' .. written) end
    if ready or (not first and redis.call('ZSCORE', KEYS[2], id)) then
      due[#due + 1] = id
      due[#due + 1] = written
    end
  end
  redis.call('ZREM', KEYS[1], id)
end
write_moves()
return due
