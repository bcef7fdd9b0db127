-- read_minutes(keys=[], args=[minutes, book, ...])
-- What became of each book's letters in each of the last so many minutes, the one that runs last; a resume takes nothing away.
-- $window:{book}:{minute} hash: outcome -> n   $passed:{book}:{minute} hash: the same, from before the newest resume
-- Returns for each book {{outcome, n, ...}, ...}; an outcome may be there twice.
local now, books = math.floor(tonumber(redis.call('TIME')[1]) / 60), {}
for i = 2, #ARGV do
  local minutes = {}
  for minute = now - ARGV[1] + 1, now do
    local found = redis.call('HGETALL', 'window:' .. ARGV[i] .. ':' .. minute)
    local passed = redis.call('HGETALL', 'passed:' .. ARGV[i] .. ':' .. minute)
    for j = 1, #passed do found[#found + 1] = passed[j] end
    minutes[#minutes + 1] = found
  end
  books[#books + 1] = minutes
end
return books
