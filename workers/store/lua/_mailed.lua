-- Shared by the scripts that send copies of calls and bulletins: when a person was mailed last.
-- $profiles:{bucket} hash: person -> "address domain gss language tags purposes mailed", see campaign/profile.py; mailed are days
-- since 1970 with commas between, those of the last 31
local LEFT = { accepted = true, unknown = true }
local KEPT_DAYS = 31

local function profile_key(person)
  return 'profiles:' .. string.sub(person, 2, 4)
end

-- The words of a person's profile before the days of mails, and those; nil for somebody who is not known any more.
local function profile_of(person)
  local row = look_at(profile_key(person), person)
  if not row then return nil end
  return string.match(row, '^(.*) (%S+)$')
end

local function mark_mailed(person, day)
  local words, mailed = profile_of(person)
  if not words then return end
  local days = {}
  for each in string.gmatch(mailed, '%d+') do
    if tonumber(each) > tonumber(day) - KEPT_DAYS then days[#days + 1] = each end
  end
  days[#days + 1] = day
  put_field(profile_key(person), person, words .. ' ' .. table.concat(days, ','))
end

-- A copy that may have left at that time (epoch s) is sent again: it is not to count as another mailing of its person.
local function unmark_mailed(person, at)
  local words, mailed = profile_of(person)
  if not words then return end
  local days = {}
  for each in string.gmatch(mailed, '%d+') do days[#days + 1] = each end
  if #days == 0 or math.abs(tonumber(days[#days]) - math.floor(tonumber(at) / 86400)) > 1 then return end
  days[#days] = nil
  put_field(profile_key(person), person, words .. ' ' .. (#days > 0 and table.concat(days, ',') or '-'))
end
