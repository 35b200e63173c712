-- A call of this key has come to something.
-- KEYS 1 entry
-- ARGV 6 fingerprint of the request, 7 ms for which the outcome is kept, 8 outcome (JSON), empty: nothing was done, the key is free again
-- Returns 1, or 0 when the entry is another request's or has an outcome already.
-- Keeps: the first outcome of a key is its outcome.

local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'outcome')
if known[2] or (known[1] and known[1] ~= ARGV[6]) then return 0 end
if ARGV[8] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[6], 'outcome', ARGV[8])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
return 1
