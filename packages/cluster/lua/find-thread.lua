-- The session of a thread that has not ended.
-- KEYS 1 thread
-- Returns {session id, {field, value, …}}, or false.
-- Keeps: nothing, it only reads; id and record are of one moment.
-- include: rules
-- include: sessions

local id = redis.call('GET', KEYS[1])
if not id then return false end
local session = readSession(id)
if not session or session.state == 'ended' then return false end
return {id, redis.call('HGETALL', sessionKey(id))}
