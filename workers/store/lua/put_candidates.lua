-- put_candidates(keys=[candidates, reach, seats, editions], args=[campaign, edition, id, json, reach, gss, ...])
-- Writes candidates, how they are reached and on which ballot they stand; gss is "" for one who does not stand.
-- $candidates hash: id -> JSON   $reach hash: id -> ids of one or two addresses, "" or "-"   $seats hash: GSS -> ids, comma-separated
-- $editions hash: campaign -> edition, set when a candidate changed: what is kept elsewhere of its ballots counts no more
-- A candidate who stays in a constituency keeps the place on its ballot; one who comes is the last. Returns nothing.
local function ballot(gss, without)
  local ids = {}
  for id in string.gmatch(redis.call('HGET', KEYS[3], gss) or '', '[^,]+') do
    if id ~= without then ids[#ids + 1] = id end
  end
  return ids
end

local function remember(gss, ids)
  if #ids == 0 then
    redis.call('HDEL', KEYS[3], gss)
  else
    redis.call('HSET', KEYS[3], gss, table.concat(ids, ','))
  end
end

local changed = false
for i = 3, #ARGV, 4 do
  local id, json, reach, gss = unpack(ARGV, i, i + 3)
  local old = redis.call('HGET', KEYS[1], id)
  local before = ''
  if old then
    local record = cjson.decode(old)
    before = record.status == 'standing' and record.constituency or ''
  end
  if before ~= gss then
    if before ~= '' then remember(before, ballot(before, id)) end
    if gss ~= '' then
      local ids = ballot(gss, id)
      ids[#ids + 1] = id
      remember(gss, ids)
    end
  end
  if old ~= json then changed = true end
  redis.call('HSET', KEYS[1], id, json)
  redis.call('HSET', KEYS[2], id, reach)
end
if changed then redis.call('HSET', KEYS[4], ARGV[1], ARGV[2]) end
