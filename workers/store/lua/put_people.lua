-- put_people(keys=[], args=[write, id, person, profile, n, purpose, consent, ..., id, ...])
-- Adds people from a list, each with n consents; compares only if write is "0".
-- $person:{id} string: JSON, the newest that a list or the person said; an empty postcode keeps the one that is known
-- $consents:{id} hash: purpose -> JSON, the newest that is known; one to a purpose that the person took back stays out
-- $erased hash: address -> epoch s. Who is not known, and has such an address, stays out.
-- Reads and writes profiles and preferences (see the part).
-- Returns a letter for each: "n" new, "c" changed, "u" unchanged, "e" erased and left out.
-- include _profiles
local write, places, wanted, found = ARGV[1] == '1', {}, {}, {}
local i = 2
while i <= #ARGV do
  places[#places + 1] = i
  wanted[#wanted + 1] = 'person:' .. ARGV[i]
  i = i + 4 + 2 * ARGV[i + 3]
end
local people = #wanted > 0 and redis.call('MGET', unpack(wanted)) or {}
local is_anybody_erased = redis.call('EXISTS', 'erased') == 1
-- Who comes twice in one call, and what is written at its end.
local met, put = {}, {}

local function newest_person(known, given)
  if known == given then return given end
  local from, to = string.find(given, '"postcode":""', 1, true)
  local postcode = from and cjson.decode(known).postcode
  if not postcode or postcode == '' then return given end
  return string.sub(given, 1, from - 1) .. '"postcode":"' .. postcode .. '"' .. string.sub(given, to + 1)
end

local function put_person(id, known, given)
  local person = known and newest_person(known, given) or given
  if person == known then return false end
  met[id] = person
  put[#put + 1] = 'person:' .. id
  put[#put + 1] = person
  return true
end

local function put_profile(id, known, refused, given)
  local key = profile_key(id)
  local row = known and redis.call('HGET', key, id)
  local merged = merged_profile(row, refused and without_refused(id, given) or given)
  if row == merged then return false end
  if write then redis.call('HSET', key, id, merged) end
  return true
end

local function is_news(id, purpose, consent)
  local known = redis.call('HGET', 'consents:' .. id, purpose)
  return not known or (known ~= consent and cjson.decode(consent).at > cjson.decode(known).at)
end

local function put_consents(id, known, refused, first, n)
  local changed = false
  for at = first, first + 2 * n - 1, 2 do
    local purpose, consent = ARGV[at], ARGV[at + 1]
    local no = refused and string.find(',' .. refused .. ',', ',no-' .. purpose .. ',', 1, true)
    if not no and (not known or is_news(id, purpose, consent)) then
      changed = true
      if write then redis.call('HSET', 'consents:' .. id, purpose, consent) end
    end
  end
  return changed
end

for place, at in ipairs(places) do
  local id, given, profile = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local known = met[id] or people[place]
  if not known and is_anybody_erased and redis.call('HEXISTS', 'erased', string.match(profile, '^%S+')) == 1 then
    found[place] = 'e'
  else
    local refused = known and redis.call('HGET', 'preferences', id)
    local changed = put_person(id, known, given)
    changed = put_profile(id, known, refused, profile) or changed
    changed = put_consents(id, known, refused, at + 4, tonumber(ARGV[at + 3])) or changed
    found[place] = not known and 'n' or changed and 'c' or 'u'
  end
end
if write and #put > 0 then redis.call('MSET', unpack(put)) end
return table.concat(found)
