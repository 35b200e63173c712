-- The atomic join: the thread's session, or a new one that is being placed.
-- KEYS 1 thread, 2 session that this claim would make, 3 epoch, 4 placing
-- ARGV 6 session id, 7 worker id, 8 tenant, 9 thread id, 10 user id
-- Returns {1, session id, generation, worker id, state, 1 when this call made it, else 0}, or {0} while the registry is settling.
-- Keeps: a thread has at most one session that has not ended.
-- include: rules
-- include: settling
-- include: sessions
-- include: liveness

local now = nowMs()
local isSettling = settling(KEYS[3], now)
local id = redis.call('GET', KEYS[1])
local session = id and readSession(id)
if session then
  local life = liveness(session, now, isSettling)
  if life == 'live' then return {1, id, session.generation, session.worker, session.state, 0} end
  if life == 'unsure' then return {0} end
  bury(session)
end
-- Somebody may be about to say that they hold it.
if isSettling then return {0} end

redis.call('HSET', KEYS[2],
  'tenant', ARGV[8], 'thread', ARGV[9], 'user', ARGV[10], 'worker', ARGV[7], 'registration', '',
  'generation', 1, 'state', 'placing', 'created', now, 'lastActivity', now, 'timeoutMs', 0)
redis.call('SET', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[4], now, ARGV[6])
return {1, ARGV[6], 1, ARGV[7], 'placing', 1}
