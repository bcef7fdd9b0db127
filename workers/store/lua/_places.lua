-- Shared by the scripts that ask in which seats a postcode is. $places:{generation} hash: sector -> what lies in it, as
-- sectors.py packs it: "E14000530AAAB-AE8q;E14000531ZZ", in use before "-", terminated with its month behind.

-- Whether two letters stand in a part before stop; letters of two neighbours are none.
local function holds(part, unit, stop)
  local at = string.find(part, unit, 10, true)
  while at and at < stop and at % 2 == 1 do at = string.find(part, unit, at + 1, true) end
  return at and at < stop
end

-- The GSS codes of "AB12 5", "DX" in one generation, and the codes of the months in which it was terminated there: none
-- while it is in use. Both empty for a postcode that is not known.
local function seats_of(generation, sector, unit)
  local seats, ended, months = {}, {}, {}
  for part in string.gmatch(redis.call('HGET', 'places:' .. generation, sector) or '', '[^;]+') do
    local stop = string.find(part, '-', 10, true) or #part + 1
    if holds(part, unit, stop) then
      seats[#seats + 1] = string.sub(part, 1, 9)
    else
      local at = string.find(part, unit, stop, true)
      if at then
        ended[#ended + 1] = string.sub(part, 1, 9)
        months[#months + 1] = string.sub(part, at + 2, at + 3)
      end
    end
  end
  if #seats > 0 then return seats, {} end
  return ended, months
end
