-- place_people(keys=[], args=[person, seats, ...])
-- Writes in which constituencies people are (GSS codes with commas between, or "-"); who has no profile gets none.
-- Reads and writes profiles (see the part).
-- Returns for how many that is another than before.
-- include _profiles
local moved = 0
for i = 1, #ARGV, 2 do
  local key = profile_key(ARGV[i])
  local row = redis.call('HGET', key, ARGV[i])
  if row then
    local words = profile_words(row)
    if words[3] ~= ARGV[i + 1] then
      words[3] = ARGV[i + 1]
      redis.call('HSET', key, ARGV[i], table.concat(words, ' '))
      moved = moved + 1
    end
  end
end
return moved
