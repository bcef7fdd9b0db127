-- put_people(keys=[], args=[write, id, person, profile, n, purpose, consent, ..., id, ...])
-- Adds people from a list, each with n consents; compares only if write is "0".
-- $person:{id} string: JSON, the newest that a list or the person said; an empty postcode keeps the one that is known
-- $consents:{id} hash: purpose -> JSON, the newest that is known; one to a purpose that the person took back stays out
-- $erased hash: address -> epoch s. Who is not known, and has such an address, stays out.
-- Reads and writes profiles and preferences (see the part).
-- Returns a letter for each: "n" new, "c" changed, "u" unchanged, "e" erased and left out.
-- include _profiles
local write, found, i = ARGV[1] == '1', {}, 2

local function newest_person(known, given)
  local postcode = string.find(given, '"postcode":""', 1, true) and cjson.decode(known).postcode
  if not postcode or postcode == '' then return given end
  local from, to = string.find(given, '"postcode":""', 1, true)
  return string.sub(given, 1, from - 1) .. '"postcode":"' .. postcode .. '"' .. string.sub(given, to + 1)
end

local function is_news(id, purpose, consent)
  local known = redis.call('HGET', 'consents:' .. id, purpose)
  return not known or (known ~= consent and cjson.decode(consent).at > cjson.decode(known).at)
end

local function refuses(refused, purpose)
  return refused and string.find(',' .. refused .. ',', ',no-' .. purpose .. ',', 1, true)
end

while i <= #ARGV do
  local id, person, profile, n = unpack(ARGV, i, i + 3)
  local key, changed = profile_key(id), false
  local known = redis.call('GET', 'person:' .. id)
  if not known and redis.call('HEXISTS', 'erased', string.match(profile, '^%S+')) == 1 then
    found[#found + 1] = 'e'
  else
    local refused = known and redis.call('HGET', 'preferences', id)
    if known and known ~= person then person = newest_person(known, person) end
    local row = redis.call('HGET', key, id)
    local merged = merged_profile(row, refused and without_refused(id, profile) or profile)
    if known ~= person then
      changed = true
      if write then redis.call('SET', 'person:' .. id, person) end
    end
    if row ~= merged then
      changed = true
      if write then redis.call('HSET', key, id, merged) end
    end
    for at = i + 4, i + 2 * n + 3, 2 do
      if not refuses(refused, ARGV[at]) and (not known or is_news(id, ARGV[at], ARGV[at + 1])) then
        changed = true
        if write then redis.call('HSET', 'consents:' .. id, ARGV[at], ARGV[at + 1]) end
      end
    end
    found[#found + 1] = not known and 'n' or changed and 'c' or 'u'
  end
  i = i + 4 + 2 * n
end
return table.concat(found)
