-- find_places(keys=[places], args=[sector])
-- Reads one sector in every generation, so that an import between two reads cannot mix them.
-- $places set: generations   $places:{generation} hash: sector -> GSS codes and postcodes, see places.py
-- Returns {generation, value, ...} of the generations that know the sector.
local found = {}
for _, generation in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local value = redis.call('HGET', 'places:' .. generation, ARGV[1])
  if value then
    found[#found + 1] = generation
    found[#found + 1] = value
  end
end
return found
