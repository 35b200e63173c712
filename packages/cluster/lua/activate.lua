-- An owner has a sandbox for a session.
-- KEYS 1 session, 2 worker
-- ARGV 6 worker id, 7 registration id, 8 to 15 the session: id, generation, tenant, thread id, user id, created ms, last activity ms, timeout ms
-- Returns 1, or 0 when it is not this owner's.
-- Keeps: a generation is active on one boot of one worker only, and only while that boot holds its lease.
-- include: rules
-- include: sessions
-- include: holding

local owner = {worker = ARGV[6], registration = ARGV[7]}
local facts = factsAt(8)
if not isRegistered(KEYS[2], owner.registration) then return 0 end
local session = readSession(facts.id)
if not session or session.generation ~= facts.generation or session.worker ~= owner.worker then return 0 end
local isOurs = session.state == 'active' and session.registration == owner.registration
if session.state ~= 'placing' and not isOurs then return 0 end
hold(facts, owner)
return 1
