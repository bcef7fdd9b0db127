-- find_writers(keys=[actions, late], args=[candidate, quoted, start, limit, late_at_ms])
-- Looks through some actions, in the order they came, for those whose letter asked this candidate and was handed over. One of
-- which nobody can tell yet is looked at later.
-- $actions list: ids   $late zset: action:candidate -> ms of the next look   quoted is the candidate's id as JSON: most actions are passed over without being read
-- Returns {actions looked at, person, ...}.
-- include _deliveries
local candidate, quoted, start, limit, late_at = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local ids = redis.call('LRANGE', KEYS[1], start, start + limit - 1)
local found = { #ids }
if #ids == 0 then return found end

local ON_ITS_WAY = { sending = true, unknown = true }
local function asked(action)
  local packed, signed = unpack(redis.call('HMGET', 'deliveries:' .. action.group, candidate, 'signed:' .. candidate))
  local r = packed and parse_record(packed)
  if not r or r.action ~= action.id or signed then return false end
  if ON_ITS_WAY[r.state] then redis.call('ZADD', KEYS[2], 'NX', late_at, action.id .. ':' .. candidate) end
  return CONTACT[r.state]
end

local keys = {}
for i, id in ipairs(ids) do
  keys[i] = 'action:' .. id
end
for _, raw in ipairs(redis.call('MGET', unpack(keys))) do
  if raw and string.find(raw, quoted, 1, true) then
    local action = cjson.decode(raw)
    if asked(action) then found[#found + 1] = action.person end
  end
end
return found
