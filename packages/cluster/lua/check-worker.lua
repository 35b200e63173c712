-- Whether a worker that has not been heard still has its lease.
-- KEYS 1 worker, 2 epoch
-- Returns {1, ms that its lease lasts, info (JSON)}, {0} when it has run out, {-1} when it is too early to tell.
-- Keeps: nobody is taken for lost because Redis was away.
-- include: rules
-- include: settling

local isSettling = settling(KEYS[2], nowMs())
local info = redis.call('GET', KEYS[1])
if info then return {1, redis.call('PTTL', KEYS[1]), info} end
return {isSettling and -1 or 0}
