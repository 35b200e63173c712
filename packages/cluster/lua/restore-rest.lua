-- What the registry has on a worker beside the sessions that it holds is lost. Placements stay: the worker may be about to make them.
-- KEYS 1 worker, 2 worker-sessions
-- ARGV 6 worker id, 7 registration id, from 8 on the ids of all sessions that the worker holds
-- Returns how many were lost, or -1 when this boot does not hold the worker's name.
-- Keeps: what is active on a worker is what that worker holds.
-- include: rules
-- include: sessions
-- include: holding

if not isRegistered(KEYS[1], ARGV[7]) then return -1 end
local held = {}
for at = 8, #ARGV do held[ARGV[at]] = true end
local lost = 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if not held[id] then
    local session = readSession(id)
    if session and session.state == 'active' and session.worker == ARGV[6] then
      endSession(session, 'lost')
      lost = lost + 1
    else
      redis.call('SREM', KEYS[2], id)
    end
  end
end
return lost
