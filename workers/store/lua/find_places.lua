-- find_places(keys=[places], args=[sector, unit])
-- Looks one postcode up in every generation, so that an import between two looks cannot mix them.
-- $places set: generations   $places:{generation} hash: see _places.lua
-- Returns {generation, {GSS, ...}, {month, ...}, ...} for each; the codes of months only if it is terminated.
-- include _places
local found = {}
for _, generation in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local seats, months = seats_of(generation, ARGV[1], ARGV[2])
  found[#found + 1] = generation
  found[#found + 1] = seats
  found[#found + 1] = months
end
return found
