-- count_late(keys=[agenda], args=[campaign, now_s, until_ms, start, limit])
-- Looks at some of the actions that are due until then, for queued letters whose hour has passed. Changes nothing.
-- $agenda zset: action -> ms
-- Returns {actions looked at, candidate, letters, ...}.
-- include _deliveries
-- include _pace
local campaign, now, until_ms, start, limit = unpack(ARGV)
local plan, late, names = plan_of(campaign), {}, {}
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', until_ms, 'LIMIT', start, limit)
local found = { #ids }
if not plan then return found end
for _, id in ipairs(ids) do
  local raw = redis.call('GET', 'action:' .. id)
  local action = raw and cjson.decode(raw) or { candidates = {} }
  for _, candidate in ipairs(action.candidates) do
    local r = read_record(action.group, candidate)
    if r and r.action == id and r.state == 'queued' and hour_of(plan, tonumber(r.at)) < hour_of(plan, now) then
      late[candidate] = (late[candidate] or 0) + 1
    end
  end
end
for candidate, n in pairs(late) do
  found[#found + 1] = candidate
  found[#found + 1] = n
end
return found
