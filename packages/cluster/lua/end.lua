-- Ends a session of exactly this generation.
-- KEYS 1 session
-- ARGV 6 session id, 7 generation, 8 why: closed, expired or lost
-- Returns 1, or 0 when it was not there.
-- Keeps: an ended session never comes back, and why it ended never changes.
-- include: rules
-- include: sessions

local session = readSession(ARGV[6])
if not session or session.state == 'ended' or session.generation ~= tonumber(ARGV[7]) then return 0 end
endSession(session, ARGV[8])
return 1
