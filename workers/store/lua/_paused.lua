-- Shared by the scripts that take mail for posting: what operators have stopped. While nothing is, it costs one EXISTS.
-- $paused hash: scope -> JSON reason, at, by; that of "domain:{domain}" has the domain's name as well
-- Milliseconds until mail to a paused domain is looked at again; a resume makes it due at once.
local DOMAIN_AGAIN = 600000
local paused_domains

-- Whether one of these scopes is paused; at_paused_domain() knows afterwards which mail domains are.
local function is_paused(key, ...)
  if redis.call('EXISTS', key) == 0 then return false end
  local scopes, found = redis.call('HGETALL', key), {}
  for i = 1, #scopes, 2 do
    found[scopes[i]] = true
    if string.find(scopes[i], '^domain:') then
      paused_domains = paused_domains or {}
      paused_domains[cjson.decode(scopes[i + 1]).domain] = true
    end
  end
  for _, scope in ipairs({ ... }) do
    if found[scope] then return true end
  end
  return false
end

-- Whether mail to this address has to wait, as its domain is paused.
local function at_paused_domain(address)
  return paused_domains ~= nil and paused_domains[string.lower(string.match(address or '', '@([^@]+)$') or '')] == true
end
