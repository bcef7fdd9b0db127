-- mend_actions(keys=[agenda, claims, unwritten], args=[campaign, now_s, now_ms, claim_ms, closed, action_id, ...])
-- Holds actions against the ledger and gives back to the agenda, the claims and the indexes what they lost; moves letters that wait
-- for something that has come or will not come. Nothing is posted here, and nothing twice.
-- $agenda zset: action -> ms   $claims zset: action -> ms of the deadline   $unwritten zset: action -> ms
-- closed "1": no letter leaves any more
-- Returns {what, n, ...}: "agenda", "claims", "unwritten", "waiting", "unknown" were lost and are back; "queued" and
-- "withheld:{reason}" are letters that moved.
-- include _deliveries
-- include _addresses
-- include _pace
local campaign, now, now_ms, claim_ms, closed = unpack(ARGV, 1, 5)
local found = {}

local function note(what, n)
  found[what] = (found[what] or 0) + n
end

-- Where a letter that waits should be instead, and why; nil if it waits rightly. A candidate nobody knows of is a loss that a
-- claim will meet, not one to act on here.
local function instead(group, candidate, r)
  if closed == '1' then return 'withheld', 'closed' end
  if not reach_of(campaign, candidate) then return nil end
  local state, reason = hindrance(campaign, candidate, known_of(group, candidate))
  if state == 'withheld' then return state, reason end
  if r.state == 'held' and not state then return 'queued', '-' end
end

local function put(state, action, candidate, r, reason)
  if state ~= 'queued' then return move(campaign, action.group, candidate, r, state, now, '-', reason) end
  return queue_letter(KEYS[1], campaign, action.group, candidate, r, now, now_ms, reason)
end

local function look_into(action, candidate, r)
  local waits = not is_mailing(campaign) and (r.state == 'queued' or r.state == 'held')
  local state, reason
  if waits then state, reason = instead(action.group, candidate, r) end
  if state and put(state, action, candidate, r, reason) then
    note(state == 'withheld' and 'withheld:' .. reason or state, 1)
  elseif waits then
    note('waiting', redis.call('SADD', 'waiting:' .. campaign .. ':' .. candidate, r.action))
  elseif r.state == 'unknown' then
    note('unknown', redis.call('ZADD', 'unknown:' .. campaign, 'NX', r.at, action.group .. '-' .. candidate))
  end
  return r.state
end

for i = 6, #ARGV do
  local id = ARGV[i]
  local raw = redis.call('GET', 'action:' .. id)
  if raw then
    local action, has = cjson.decode(raw), {}
    if is_mailing(campaign) then look_ahead_whole('deliveries:' .. action.group) end
    for _, candidate in ipairs(action.candidates) do
      local r = read_record(action.group, candidate)
      if not r then
        has.unwritten = not is_mailing(campaign)
      elseif r.action == id then
        has[look_into(action, candidate, r)] = true
        if r.state == 'queued' then has.due = math.min(has.due or tonumber(r.at), tonumber(r.at)) end
      end
    end
    if has.unwritten then note('unwritten', redis.call('ZADD', KEYS[3], 'NX', now_ms, id)) end
    if has.sending then note('claims', redis.call('ZADD', KEYS[2], 'NX', claim_ms, id)) end
    if has.queued then
      local due = plan_of(campaign) and has.due * 1000 or 0
      note('agenda', redis.call('ZADD', KEYS[1], 'NX', math.max(due, tonumber(now_ms)), id))
    else
      redis.call('ZREM', KEYS[1], id)
    end
  end
end

local told = {}
for what, n in pairs(found) do
  if n > 0 then
    told[#told + 1] = what
    told[#told + 1] = n
    local reason = string.match(what, '^withheld:(.*)$')
    if reason then append_event('letters.withheld', campaign, reason .. ' ' .. n) end
    if what == 'queued' then append_event('letters.queued', campaign, 'released ' .. n) end
  end
end
write_moves()
return told
