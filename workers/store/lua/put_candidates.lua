-- put_candidates(keys=[candidates, reach, seats, domains, editions], args=[campaign, edition, id, json, reach, gss, domain, ...])
-- Writes candidates, how they are reached and on which ballot they stand; gss is "" for one who does not stand, domain for one without address.
-- $candidates hash: id -> JSON   $reach hash: id -> ids of one or two addresses, "" or "-"   $seats hash: GSS -> ids, comma-separated
-- $domains hash: candidate -> domain id, @domain -> candidates whose address is there
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

local function place(id, domain)
  local was = redis.call('HGET', KEYS[4], id) or ''
  if was == domain then return end
  if was ~= '' and redis.call('HINCRBY', KEYS[4], '@' .. was, -1) <= 0 then redis.call('HDEL', KEYS[4], '@' .. was) end
  if domain == '' then
    redis.call('HDEL', KEYS[4], id)
  else
    redis.call('HSET', KEYS[4], id, domain)
    redis.call('HINCRBY', KEYS[4], '@' .. domain, 1)
  end
end

local changed = false
for i = 3, #ARGV, 5 do
  local id, json, reach, gss, domain = unpack(ARGV, i, i + 4)
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
  place(id, domain)
end
if changed then redis.call('HSET', KEYS[5], ARGV[1], ARGV[2]) end
