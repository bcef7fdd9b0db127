-- read_profiles(keys=[], args=[first, end])
-- Reads the profiles in buckets of these numbers, end left out; a bucket's name is its number in base 32.
-- $profiles:{bucket} hash: person -> what mailings ask of them, see _profiles.lua
-- Returns {person, profile, ...} in the order of the buckets.
local letters, found = 'abcdefghijklmnopqrstuvwxyz234567', {}

local function letter(number)
  return string.sub(letters, number + 1, number + 1)
end

for number = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local high, rest = math.floor(number / 1024), number % 1024
  local key = 'profiles:' .. letter(high) .. letter(math.floor(rest / 32)) .. letter(rest % 32)
  for _, word in ipairs(redis.call('HGETALL', key)) do
    found[#found + 1] = word
  end
end
return found
