-- Sessions whose idle time is over, longest overdue first.
-- KEYS 1 expiry
-- ARGV 6 most sessions to give
-- Returns {session id, {field, value, …}, session id, …}.
-- Keeps: what is in `expiry` is active; an entry that is not is dropped on the way.
-- include: rules
-- include: sessions

local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs(), 'LIMIT', 0, ARGV[6])) do
  local session = readSession(id)
  if session and session.state == 'active' then
    found[#found + 1] = id
    found[#found + 1] = redis.call('HGETALL', sessionKey(id))
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return found
