-- Shared by the scripts that send copies of calls and bulletins: when a person was mailed last.
-- $profiles:{bucket} hash: person -> "address domain gss language tags purposes mailed", see campaign/profile.py; mailed are days
-- since 1970 with commas between, those of the last 31
local LEFT = { accepted = true, unknown = true }
local KEPT_DAYS = 31

local PROFILES = keys_with('profiles:')

local function profile_key(person)
  return PROFILES[string.sub(person, 2, 4)]
end

-- Reads the profiles of many people at once: a command for each bucket.
local function look_ahead_profiles(people)
  local buckets = {}
  for _, person in ipairs(people) do
    local key = profile_key(person)
    local those = buckets[key]
    if those then
      those[#those + 1] = person
    else
      buckets[key] = { person }
    end
  end
  for key, those in pairs(buckets) do look_ahead(key, those) end
end

-- The words of a person's profile before the days of mails, and those; nil for somebody who is not known any more.
local function profile_of(person)
  return string.match(look_at(profile_key(person), person) or '', '^(.* )(%S+)$')
end

-- The day counts among those on which these people were mailed.
local function mark_mailed(people, day)
  look_ahead_profiles(people)
  for _, person in ipairs(people) do
    local key, words, mailed = profile_key(person), profile_of(person)
    if mailed == '-' then
      put_field(key, person, words .. day)
    elseif words then
      local days = {}
      for each in string.gmatch(mailed, '%d+') do
        if tonumber(each) > tonumber(day) - KEPT_DAYS then days[#days + 1] = each end
      end
      days[#days + 1] = day
      put_field(key, person, words .. table.concat(days, ','))
    end
  end
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
