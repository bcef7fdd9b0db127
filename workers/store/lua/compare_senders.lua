-- compare_senders(keys=[senders, paused], args=[now_s, sender, known, ...])
-- Compares what journals know of senders with what the ledger knows; a ledger that knows less went back in time: everything is
-- paused. Writes nothing otherwise.
-- $senders hash: sender -> number of its newest claim   $paused hash: scope -> why
-- Returns {sender, number, ...} of those of whom the ledger knows less.
-- include _senders
local behind = {}
for i = 2, #ARGV, 2 do
  local sender, known = ARGV[i], tonumber(ARGV[i + 1])
  local number = newest_claim(KEYS[1], sender)
  if number < known then
    stop_everything(KEYS[2], ARGV[1], sender, number, known)
    behind[#behind + 1] = sender
    behind[#behind + 1] = number
  end
end
return behind
