-- Shared by every script that writes a person's profile: what one of them knows is added to what others know.
-- $profiles:{bucket} hash: person -> "address domain seats language tags purposes mailed", each "-" for none; seats, tags, purposes
-- and mailed (days since 1970) have commas between. The bucket is the three letters after the first of the person's id.
-- $preferences hash: person -> words with commas that restrict: "no-bulletins", "no-calls", "no:{bulletin}", "seldom"

local function profile_key(person)
  return 'profiles:' .. string.sub(person, 2, 4)
end

local function profile_words(row)
  return { string.match(row, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$') }
end

-- The words of both, each once and in order.
local function joined(some, others)
  if some == others or others == '-' then return some end
  if some == '-' then return others end
  local words, seen = {}, {}
  for word in string.gmatch(some .. ',' .. others, '[^,]+') do
    if not seen[word] then words[#words + 1] = word end
    seen[word] = true
  end
  table.sort(words)
  return table.concat(words, ',')
end

-- The words without those for which leaves() is true.
local function sifted(words, leaves)
  local kept = {}
  for word in string.gmatch(words, '[^,]+') do
    if not leaves(word) then kept[#kept + 1] = word end
  end
  return #kept > 0 and table.concat(kept, ',') or '-'
end

-- Tags without those that a list takes away, which have a dash before them.
local function untagged(words)
  local removed = {}
  for word in string.gmatch(',' .. words, ',%-(%w[^,]*)') do
    removed[word] = true
  end
  if not next(removed) then return words end
  return sifted(words, function(word) return removed[word] or string.sub(word, 1, 1) == '-' end)
end

-- What a profile is once given is known as well: address, domain, seats and language are the newest that are known, and of tags,
-- purposes and days nothing is lost, but tags that a list takes away.
local function merged_profile(known, given)
  if known == given or (not known and not string.find(given, '[ ,]%-%w')) then return given end
  local old, new = profile_words(known or '- - - - - - -'), profile_words(given)
  for i = 1, 4 do
    if new[i] == '-' then new[i] = old[i] end
  end
  for i = 5, 7 do
    new[i] = joined(old[i], new[i])
  end
  new[5] = untagged(new[5])
  return table.concat(new, ' ')
end

-- Purposes that a person took back do not come back with a list: only by their own hand, see agree_anew().
local function without_refused(person, row)
  local refused = redis.call('HGET', 'preferences', person)
  if not refused then return row end
  local words = profile_words(row)
  words[6] = sifted(words[6], function(purpose)
    return string.find(',' .. refused .. ',', ',no-' .. purpose .. ',', 1, true)
  end)
  return table.concat(words, ' ')
end

-- A person says yes themselves: what they refused before is forgotten. purposes have commas between.
local function agree_anew(person, purposes)
  local refused = redis.call('HGET', 'preferences', person)
  if not refused then return end
  local kept = sifted(refused, function(word)
    return string.find(',' .. purposes .. ',', ',' .. string.gsub(word, '^no%-', '') .. ',', 1, true)
  end)
  if kept == '-' then
    redis.call('HDEL', 'preferences', person)
  elseif kept ~= refused then
    redis.call('HSET', 'preferences', person, kept)
  end
end

-- Adds what is given by the person themselves to their profile. One without a purpose makes none, and keeps one in step.
local function put_own_profile(person, given)
  local key, purposes = profile_key(person), string.match(given, '(%S+) %S+$')
  local known = redis.call('HGET', key, person)
  if not known and purposes == '-' then return end
  local row = merged_profile(known, given)
  if row ~= known then redis.call('HSET', key, person, row) end
end
