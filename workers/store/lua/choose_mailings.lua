-- choose_mailings(keys=[person, consents, preferences, profiles, left], args=[person_id, at, via, begin, cease, back, given, purpose, consent, ...])
-- What a person says of their mail, at once: words that begin and cease to restrict it, purposes taken back, and purposes agreed to
-- with their consents (JSON). begin, cease and back have commas between, or are "-"; given is their profile, with what they agree to.
-- $person string   $consents hash: purpose -> JSON; of one taken back "withdrawn:{purpose}" remains, with when and how, and what it was
-- $left set: persons who left by a link of this mailing; no such key if it was none
-- Reads and writes profiles and preferences (see the part).
-- Returns 1; 0 for who is not known (any more), and nothing was done.
-- include _profiles
local id, at, via, begin, cease, back, given = unpack(ARGV, 1, 7)
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end

local function among(words, word)
  return string.find(',' .. words .. ',', ',' .. word .. ',', 1, true)
end

local function put_words(words)
  if words == '-' then
    redis.call('HDEL', 'preferences', id)
  else
    redis.call('HSET', 'preferences', id, words)
  end
end

-- The day (UTC) of epoch seconds, as 2026-05-07: years that begin in March have their leap day last.
local function day_text(at)
  local days = math.floor(at / 86400) + 719468
  local era = math.floor(days / 146097)
  local day = days - era * 146097
  local year = math.floor((day - math.floor(day / 1460) + math.floor(day / 36524) - math.floor(day / 146096)) / 365)
  day = day - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * day + 2) / 153)
  day = day - math.floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return string.format('%04d-%02d-%02d', year + era * 400 + (month < 3 and 1 or 0), month, day)
end

local function take_back(purpose)
  local known = redis.call('HGET', KEYS[2], purpose)
  local withdrawn = 'withdrawn:' .. purpose
  if not known and redis.call('HEXISTS', KEYS[2], withdrawn) == 1 then return end
  local was = known and cjson.decode(known) or { wording = '', source = '' }
  local how = known and string.format('%s; agreed %s, %s', via, day_text(was.at), was.source) or via
  local entry = { purpose = withdrawn, wording = was.wording, at = tonumber(at), source = how }
  redis.call('HSET', KEYS[2], withdrawn, cjson.encode(entry))
  redis.call('HDEL', KEYS[2], purpose)
end

local function drop_purposes()
  local row = redis.call('HGET', KEYS[4], id)
  if not row then return end
  local words = profile_words(row)
  words[6] = sifted(words[6], function(purpose) return among(back, purpose) end)
  redis.call('HSET', KEYS[4], id, table.concat(words, ' '))
end

local words = sifted(redis.call('HGET', 'preferences', id) or '-', function(word) return among(cease, word) end)
put_words(joined(words, begin))
if back ~= '-' then
  for purpose in string.gmatch(back, '[^,]+') do
    take_back(purpose)
  end
  drop_purposes()
  if KEYS[5] then redis.call('SADD', KEYS[5], id) end
end
for i = 8, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
if #ARGV > 7 then put_own_profile(id, given) end
return 1
