-- Notes activity of an owner's sessions.
-- KEYS 1 expiry
-- ARGV 6 worker id, 7 registration id, from 8 on threes: session id, generation, last activity ms
-- Returns the ids that are not this owner's.
-- Keeps: activity never moves back.
-- include: rules
-- include: sessions

local others = {}
for at = 8, #ARGV, 3 do
  local id, activity = ARGV[at], tonumber(ARGV[at + 2])
  local session = readSession(id)
  if session and session.state == 'active' and session.worker == ARGV[6] and session.registration == ARGV[7]
    and session.generation == tonumber(ARGV[at + 1]) then
    local known = redis.call('HMGET', sessionKey(id), 'lastActivity', 'timeoutMs')
    if activity > tonumber(known[1]) then
      redis.call('HSET', sessionKey(id), 'lastActivity', activity)
      redis.call('ZADD', KEYS[1], activity + tonumber(known[2]), id)
    end
  else
    others[#others + 1] = id
  end
end
return others
