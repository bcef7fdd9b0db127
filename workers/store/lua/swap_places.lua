-- swap_places(keys=[places, editions], args=[unfinished, generation, version, ...])
-- Puts imports that are written whole in the place of the generations they are of, all or none; whoever reads sees either.
-- $places set: generations   $places:{generation} hash: see _places.lua; "version" is drawn for each import
-- $editions hash: "places" -> what tells this import from every other
-- version: what the import was compared with, "" when nothing was there. Returns 1; 0 if another import came between.
for i = 1, #ARGV, 3 do
  local now = redis.call('HGET', 'places:' .. ARGV[i + 1], 'version') or ''
  if now ~= ARGV[i + 2] or redis.call('EXISTS', ARGV[i]) == 0 then return 0 end
end
for i = 1, #ARGV, 3 do
  local key = 'places:' .. ARGV[i + 1]
  redis.call('UNLINK', key) -- RENAME alone would free it here and now
  redis.call('RENAME', ARGV[i], key)
  redis.call('PERSIST', key)
  redis.call('HSET', key, 'at', redis.call('TIME')[1])
  redis.call('SADD', KEYS[1], ARGV[i + 1])
end
redis.call('HSET', KEYS[2], 'places', ARGV[1])
return 1
