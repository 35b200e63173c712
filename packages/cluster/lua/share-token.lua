-- The cluster's token: the first one that is offered.
-- KEYS 1 token
-- ARGV 6 the token that the caller would have
-- Returns the token of all.
-- Keeps: all processes have the same token until Redis is emptied.

redis.call('SET', KEYS[1], ARGV[6], 'NX')
return redis.call('GET', KEYS[1])
