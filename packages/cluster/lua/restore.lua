-- A worker says which sessions it holds; missing records are made, its own are taken over by this boot.
-- KEYS 1 worker, 2 epoch
-- ARGV 6 worker id, 7 registration id, from 8 on eights, each a session: id, generation, tenant, thread id, user id, created ms,
--      last activity ms, timeout ms
-- Returns {1, {ids that are not this worker's}}, or {0} when this boot does not hold the worker's name.
-- Keeps: a thread has at most one session that has not ended; an ended session never comes back; a generation never falls.
-- include: rules
-- include: settling
-- include: sessions
-- include: liveness
-- include: holding

local now = nowMs()
local isSettling = settling(KEYS[2], now)
local owner = {worker = ARGV[6], registration = ARGV[7]}

-- Whether the thread is free for this session. Another one that is dead gives way.
local function takesThread(facts)
  local id = redis.call('GET', threadKey(facts))
  if not id or id == facts.id then return true end
  local other = readSession(id)
  if not other then return true end
  if liveness(other, now, isSettling) ~= 'dead' then return false end
  bury(other)
  return true
end

local function mayHold(facts)
  local session = readSession(facts.id)
  if session then
    if session.state == 'ended' or session.generation > facts.generation then return false end
    if session.generation == facts.generation and session.worker ~= owner.worker then return false end
  end
  if not takesThread(facts) then return false end
  -- The registry forgot the last move: whoever has the lower generation has nothing.
  if session and session.worker ~= owner.worker then
    redis.call('SREM', PREFIX .. 'worker-sessions:' .. session.worker, session.id)
  end
  return true
end

if not isRegistered(KEYS[1], owner.registration) then return {0} end
local others = {}
for at = 8, #ARGV, 8 do
  local facts = factsAt(at)
  if mayHold(facts) then hold(facts, owner) else others[#others + 1] = facts.id end
end
return {1, others}
