-- A call of this key is about to be made.
-- KEYS 1 entry
-- ARGV 6 fingerprint of the request, 7 ms for which the entry is kept
-- Returns {0} make the call, {1, outcome (JSON)} it has been made, {-1} the key was used with another request.
-- Keeps: a key stands for one request for as long as it is kept.

local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'outcome')
if not known[1] then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
  return {0}
end
if known[1] ~= ARGV[6] then return {-1} end
if known[2] then return {1, known[2]} end
return {0}
