-- read_sector(keys=[places], args=[sector])
-- Reads what lies in one sector in every generation, so that an import between two reads cannot mix them.
-- $places set: generations   $places:{generation} hash: see _places.lua
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
