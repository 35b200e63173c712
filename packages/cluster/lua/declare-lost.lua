-- Ends a session as lost if its worker's lease has run out.
-- KEYS 1 session, 2 epoch
-- ARGV 6 session id, 7 generation
-- Returns 0 not current, 1 lost, 2 its worker lives, or it is too early to tell.
-- Keeps: nobody loses a session because Redis was away.
-- include: rules
-- include: settling
-- include: sessions
-- include: liveness

local now = nowMs()
local isSettling = settling(KEYS[2], now)
local session = readSession(ARGV[6])
if not session or session.state ~= 'active' or session.generation ~= tonumber(ARGV[7]) then return 0 end
if liveness(session, now, isSettling) ~= 'dead' then return 2 end
endSession(session, 'lost')
return 1
