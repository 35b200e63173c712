-- A heartbeat: renews the lease, tells the worker's numbers.
-- KEYS 1 worker, 2 workers, 3 epoch
-- ARGV 6 worker id, 7 registration id, 8 lease ms, 9 info (JSON), 10 channel
-- Returns 1, 0 when the lease had run out or Redis was emptied, -1 when another boot has the name.
-- Keeps: a lease that has run out is not renewed: its owner must register and learn what has become of its sessions.
-- include: rules
-- include: settling
-- include: announcing

local now = nowMs()
settling(KEYS[3], now)
local existing = redis.call('GET', KEYS[1])
if not existing then return 0 end
if cjson.decode(existing).registrationId ~= ARGV[7] then return -1 end
announce({worker = KEYS[1], workers = KEYS[2]},
  {worker = ARGV[6], leaseMs = ARGV[8], info = ARGV[9], channel = ARGV[10]}, now)
return 1
