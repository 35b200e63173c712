-- A worker has gone for good; what the registry still has on it is lost.
-- KEYS 1 worker, 2 workers, 3 worker-sessions
-- ARGV 6 worker id, 7 registration id, 8 channel
-- Returns 1, or 0 when another boot has the name or none.
-- Keeps: a boot removes no other's registration.
-- include: rules
-- include: sessions
-- include: holding

if not isRegistered(KEYS[1], ARGV[7]) then return 0 end
for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  local session = readSession(id)
  if session and session.state == 'active' and session.worker == ARGV[6] then endSession(session, 'lost') end
end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[6])
redis.call('PUBLISH', ARGV[8], cjson.encode({gone = {workerId = ARGV[6], registrationId = ARGV[7]}}))
return 1
