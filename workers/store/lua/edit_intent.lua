-- edit_intent(keys=[intent], args=[print, intent, new_print])
-- Changes what an intent would say, if it still says what its supporter was shown.
-- $intent hash: intent JSON, print, ... (see keep_intent)
-- Returns what it is now: "kept" if that was done; "changed" by somebody else; "gone"; or how it was decided on.
local print, intent, new_print = unpack(ARGV)
local over, now = unpack(redis.call('HMGET', KEYS[1], 'over', 'print'))
if over then return over end
if not now then return 'gone' end
if now ~= print then return 'changed' end
redis.call('HSET', KEYS[1], 'intent', intent, 'print', new_print)
return 'kept'
