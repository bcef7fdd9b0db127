-- record_reports(keys=[], args=[now_s, now_ms, soft_limit, soft_window_s, n, campaign, zone, ..., report, ...])
-- Moves deliveries to what the provider reports, if the move is legal from where they are, and keeps the health of addresses:
-- repeats, shuffles and reports that overtake our own settlement end in the same state. n campaigns follow, each with the number
-- of its time zone; then each report as words with blanks between, "-" for none:
--   group recipient state at days reason health address said...
-- days are the days of at, days since 1970, one for each zone, commas between; all books of a campaign have its own, and of one not
-- named the last. health is what the report says of the address: hard, soft, delivered, group-resubscribed, or why it is suppressed. said is kept for people.
-- Also reads and writes deliveries:…, tally:…, agenda:…, suppressions, health and soft:… (see the parts).
-- Returns {moved, strange (reports on deliveries that nobody knows), n, n addresses with a new reason, addresses mailed again...}.
-- include _deliveries
-- include _addresses
-- include _pace
-- include _suppressions
-- RETURNS
local now, now_ms, limit, window, n = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local zones, moved, strange, told, delivered = {}, 0, 0, {}, {}
for i = 6, 5 + 2 * n, 2 do
  zones[ARGV[i]] = tonumber(ARGV[i + 1])
end

local function day_in(campaign, days)
  local zone, day = zones[campaign] or zones[string.match(campaign, '^[^/]+')], nil
  for each in string.gmatch(days, '%d+') do
    day = each
    if zone == 1 then break end
    if zone then zone = zone - 1 end
  end
  return day
end

local function tell(campaign, state)
  told[campaign] = told[campaign] or {}
  told[campaign][state] = (told[campaign][state] or 0) + 1
end

-- The most certain reason why a letter came back counts, whichever was told first.
local function amend(campaign, group, recipient, r, reason)
  if (CERTAINTY[reason] or 0) <= (CERTAINTY[r.reason] or 0) then return end
  count('tally:' .. campaign, 'bounced:' .. r.reason, -1)
  count('tally:' .. campaign, 'bounced:' .. reason, 1)
  r.reason = reason
  write_record(group, recipient, r)
end

-- A letter that bounced at one of the candidate's addresses for good is written to the next one: once for each address. An
-- address that is none of theirs (any more) is not surely the one that the letter went to: nothing is sent again for it.
local function try_next(campaign, group, recipient, r, tried, address)
  local reach = reach_of(campaign, recipient)
  if not reach or not string.find(reach, address, 1, true) then return end
  tried = tried and tried .. ' ' .. address or address
  put_field('deliveries:' .. group, 'tried:' .. recipient, tried)
  if r.state ~= 'bounced' then return end
  local _, signed = known_of(group, recipient)
  local _, _, which = hindrance(campaign, recipient, tried, signed)
  local agenda = 'agenda:' .. campaign
  if which and queue_letter(agenda, campaign, group, recipient, r, now, now_ms, 'second-address') then tell(campaign, 'queued') end
end

local function keep_said(group, recipient, at, said)
  local key, field = 'deliveries:' .. group, 'said:' .. recipient
  said = at .. ' ' .. said
  if said > (redis.call('HGET', key, field) or '') then redis.call('HSET', key, field, said) end
end

local function judge(address, health, at, delivery)
  if health == 'delivered' then
    delivered[address] = math.max(delivered[address] or 0, at)
  elseif health == 'soft' then
    bounce_softly(address, delivery, at, limit, window)
  elseif health == 'group-resubscribed' then
    resubscribe(address, at)
  elseif health ~= '-' then
    suppress(address, health == 'hard' and 'bounced' or health, at, 'report')
  end
end

-- What is reported of one address says nothing about a letter that went to the next one since; but who complains has it.
local function record(group, recipient, state, at, days, reason, health, address, said)
  local key = 'deliveries:' .. group
  look_ahead(key, { 'mailing', recipient, 'tried:' .. recipient, 'in:' .. recipient })
  local mailing, r, tried = look_at(key, 'mailing'), read_record(group, recipient), look_at(key, 'tried:' .. recipient)
  if not mailing or not r then
    strange = strange + 1
    return
  end
  local campaign = string.match(mailing, ':(.*)$')
  local stale = tried and (address == '-' or string.find(tried, address, 1, true))
  if state ~= '-' and (not stale or state == 'complained') then
    local day = CONTACT[state] and not CONTACT[r.state] and day_in(campaign, days) or '-'
    if move(campaign, group, recipient, r, state, at, day, reason) then
      moved = moved + 1
      tell(campaign, state)
    elseif r.state == 'bounced' and state == 'bounced' then
      amend(campaign, group, recipient, r, reason)
    end
  end
  if health == 'hard' and address ~= '-' and not stale then try_next(campaign, group, recipient, r, tried, address) end
  if said ~= '-' then keep_said(group, recipient, at, said) end
end

for i = 6 + 2 * n, #ARGV do
  local group, recipient, state, at, days, reason, health, address, said =
    string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%d+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  if address ~= '-' then judge(address, health, tonumber(at), group .. '-' .. recipient) end
  if group ~= '-' then record(group, recipient, state, at, days, reason, health, address, said) end
end
for address, at in pairs(delivered) do
  deliver(address, at, limit, window)
end
for campaign, states in pairs(told) do
  for state, letters in pairs(states) do
    append_event('letters.' .. state, campaign, 'reported ' .. letters)
  end
end
for _, address in ipairs(newly) do
  append_event('address.suppressed', '', address)
end
write_moves()
local answer = { moved, strange, #newly, unpack(newly) }
for _, address in ipairs(lifted) do
  answer[#answer + 1] = address
end
return answer
