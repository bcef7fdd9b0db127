-- Shared by the scripts that send copies of calls and bulletins: when a person was mailed last.
-- $profiles:{bucket} hash: person -> "address domain gss language tags purposes mailed", see campaign/profile.py; mailed are days
-- since 1970 with commas between, those of the last 31
local LEFT = { accepted = true, unknown = true }
local KEPT_DAYS = 31

local function profile_key(person)
  return 'profiles:' .. string.sub(person, 2, 4)
end

-- Key, first and last place of people who have their profiles in one bucket and stand together, as they are gathered.
local function buckets_of(people)
  local last = 0
  return function()
    local first = last + 1
    if not people[first] then return nil end
    local bucket = string.sub(people[first], 2, 4)
    repeat last = last + 1
    until last - first == 999 or not people[last + 1] or string.sub(people[last + 1], 2, 4) ~= bucket
    return 'profiles:' .. bucket, first, last
  end
end

-- The profiles of these people in their order, as they are kept; false for those who have none.
local function profiles_of(people)
  local rows = {}
  for key, first, last in buckets_of(people) do
    for i, row in ipairs(redis.call('HMGET', key, unpack(people, first, last))) do rows[first + i - 1] = row end
  end
  return rows
end

-- The days on which somebody was mailed, and this one; those that are long ago are left out.
local function with_day(mailed, day)
  if mailed == '-' then return day end
  local days = {}
  for each in string.gmatch(mailed, '%d+') do
    if tonumber(each) > tonumber(day) - KEPT_DAYS then days[#days + 1] = each end
  end
  days[#days + 1] = day
  return table.concat(days, ',')
end

-- The day counts among those on which these people were mailed.
local function mark_mailed(people, day)
  for key, first, last in buckets_of(people) do
    local changed = {}
    for i, row in ipairs(redis.call('HMGET', key, unpack(people, first, last))) do
      local words, mailed = string.match(row or '', '^(.* )(%S+)$')
      if words then
        changed[#changed + 1] = people[first + i - 1]
        changed[#changed + 1] = words .. with_day(mailed, day)
      end
    end
    if #changed > 0 then redis.call('HSET', key, unpack(changed)) end
  end
end

-- The words of a person's profile before the days of mails, and those; nil for somebody who is not known any more.
local function profile_of(person)
  return string.match(look_at(profile_key(person), person) or '', '^(.* )(%S+)$')
end

-- A copy that may have left at that time (epoch s) is sent again: it is not to count as another mailing of its person.
local function unmark_mailed(person, at)
  local words, mailed = profile_of(person)
  if not words then return end
  local days = {}
  for each in string.gmatch(mailed, '%d+') do days[#days + 1] = each end
  if #days == 0 or math.abs(tonumber(days[#days]) - math.floor(tonumber(at) / 86400)) > 1 then return end
  days[#days] = nil
  put_field(profile_key(person), person, words .. (#days > 0 and table.concat(days, ',') or '-'))
end
