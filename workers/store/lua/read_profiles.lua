-- read_profiles(keys=[], args=[bucket, ...])
-- The profiles in these buckets, whatever is in them: empty ones cost next to nothing, which a round trip each would not.
-- $profiles:{bucket} hash: person -> "address domain seats language tags purposes mailed"
-- Returns {person, profile, ...}, in the order of the buckets.
local found = {}
for _, bucket in ipairs(ARGV) do
  for _, word in ipairs(redis.call('HGETALL', 'profiles:' .. bucket)) do
    found[#found + 1] = word
  end
end
return found
