-- Moves a session that is being placed to another worker.
-- KEYS 1 session, 2 placing
-- ARGV 6 session id, 7 generation, 8 worker id
-- Returns {1, session id, generation, worker id, state, 1 when this call moved it, else 0}, or {0} when it has ended or is unknown.
-- Keeps: a generation never falls, and names one worker.
-- include: rules
-- include: sessions

local session = readSession(ARGV[6])
if not session or session.state == 'ended' then return {0} end
if session.state ~= 'placing' or session.generation ~= tonumber(ARGV[7]) then
  return {1, session.id, session.generation, session.worker, session.state, 0}
end
redis.call('HSET', KEYS[1], 'worker', ARGV[8], 'generation', session.generation + 1)
redis.call('ZADD', KEYS[2], nowMs(), session.id)
return {1, session.id, session.generation + 1, ARGV[8], 'placing', 1}
