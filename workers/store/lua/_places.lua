-- Shared by the scripts that ask in which seats a postcode is. $places:{generation} hash: sector -> what lies in it, as
-- sectors.py packs it: "E14000530AAAB-AE8q;E14000531ZZ", in use before "-", terminated with its month behind.

-- Whether two letters stand in pairs that begin at first and end before stop; letters of two neighbours are none.
local function holds(value, unit, first, stop)
  local at = string.find(value, unit, first, true)
  while at and at < stop and (at - first) % 2 == 1 do at = string.find(value, unit, at + 1, true) end
  return at and at < stop
end

-- The GSS codes of "AB12 5", "DX" in one generation, and the codes of the months in which it was terminated there: none
-- while it is in use. Both empty for a postcode that is not known. Plain finds only: patterns would cost several times more.
local function seats_of(generation, sector, unit)
  local value = redis.call('HGET', 'places:' .. generation, sector) or ''
  local seats, ended, months, first = {}, {}, {}, 1
  while first < #value do
    local stop = string.find(value, ';', first, true) or #value + 1
    local dash = string.find(value, '-', first, true)
    if not dash or dash > stop then dash = stop end
    if holds(value, unit, first + 9, dash) then
      seats[#seats + 1] = string.sub(value, first, first + 8)
    else
      local at = string.find(value, unit, dash, true)
      if at and at < stop then
        ended[#ended + 1] = string.sub(value, first, first + 8)
        months[#months + 1] = string.sub(value, at + 2, at + 3)
      end
    end
    first = stop + 1
  end
  if #seats > 0 then return seats, {} end
  return ended, months
end
