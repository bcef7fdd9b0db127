-- set_pace(keys=[pace, slots, actions], args=[seen, plan, override, now_s])
-- Gives a campaign a pace, or none (plan ""), and has what waits timed anew. seen is the version that the caller decided by.
-- Slots that nobody uses any more are given back; the newest before now stay, so that the next keep their distance.
-- $pace hash: plan, version, override, retimed   $slots hash: candidate -> µs, @domain -> hour   $actions list: ids
-- Returns the new version, or 0 if somebody else was faster.
local seen, plan, override, now = unpack(ARGV)
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= seen then return 0 end
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
if plan == '' then
  redis.call('HDEL', KEYS[1], 'plan')
else
  redis.call('HSET', KEYS[1], 'plan', version .. ' ' .. plan)
end
if override == '' then
  redis.call('HDEL', KEYS[1], 'override')
else
  redis.call('HSET', KEYS[1], 'override', override)
end
local now_us = tonumber(now) * 1000000
local slots = redis.call('HGETALL', KEYS[2])
for i = 1, #slots, 2 do
  if string.sub(slots[i], 1, 1) == '@' then
    redis.call('HDEL', KEYS[2], slots[i])
  elseif tonumber(slots[i + 1]) > now_us then
    redis.call('HSET', KEYS[2], slots[i], string.format('%.0f', now_us))
  end
end
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('HSET', KEYS[1], 'retimed', 0) end
return version
