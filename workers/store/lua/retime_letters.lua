-- retime_letters(keys=[pace, actions, agenda], args=[campaign, now_s, now_ms, limit])
-- Gives the waiting letters of the next actions, oldest first, the times that the campaign's pace allows now. How far it has come
-- stands in the ledger: any number may call it, and whoever goes on begins where the last one ended.
-- $pace hash: retimed -> actions done, none when all are   $actions list: ids   $agenda zset: action -> ms
-- Returns {actions done, actions in all, letters timed, letters held as no time is left for them}; {} when there is nothing to do.
-- include _deliveries
-- include _pace
local campaign, now, now_ms, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local at = tonumber(redis.call('HGET', KEYS[1], 'retimed') or nil)
if not at then return {} end
local timed, held = 0, 0

local function retime(id, action)
  local next_due
  look_ahead('deliveries:' .. action.group, action.candidates)
  for _, candidate in ipairs(action.candidates) do
    local r = read_record(action.group, candidate)
    if r and r.action == id and (r.state == 'queued' or (r.state == 'held' and r.reason == 'no-time')) then
      local state = queue_letter(nil, campaign, action.group, candidate, r, now, now_ms, '-')
      if state == 'queued' then
        timed = timed + 1
        next_due = math.min(next_due or tonumber(r.at), tonumber(r.at))
      else
        held = held + 1
      end
    end
  end
  if next_due then redis.call('ZADD', KEYS[3], math.max(next_due * 1000, tonumber(now_ms)), id) end
end

local ids = redis.call('LRANGE', KEYS[2], at, at + limit - 1)
for _, id in ipairs(ids) do
  local raw = redis.call('GET', 'action:' .. id)
  if raw then retime(id, cjson.decode(raw)) end
end
local all = redis.call('LLEN', KEYS[2])
if at + #ids >= all then
  redis.call('HDEL', KEYS[1], 'retimed')
else
  redis.call('HSET', KEYS[1], 'retimed', at + #ids)
end
write_moves()
return { at + #ids, all, timed, held }
