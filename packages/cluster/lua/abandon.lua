-- Gives up a placement.
-- KEYS 1 session
-- ARGV 6 session id, 7 generation
-- Returns 1, or 0 when it has gone on without the caller.
-- Keeps: only a session that never had a sandbox vanishes without a trace.
-- include: rules
-- include: sessions

local session = readSession(ARGV[6])
if not session or session.state ~= 'placing' or session.generation ~= tonumber(ARGV[7]) then return 0 end
dropPlacing(session)
return 1
