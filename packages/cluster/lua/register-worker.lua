-- A boot of a worker takes its name.
-- KEYS 1 worker, 2 workers, 3 epoch
-- ARGV 6 worker id, 7 registration id, 8 lease ms, 9 info (JSON), 10 channel, 11 engine id
-- Returns {1}, or {0, ms that the other's lease lasts, its registration id} when the name is taken on another engine.
-- Keeps: a name belongs to one engine as long as its lease lasts.
-- include: rules
-- include: settling
-- include: announcing

local now = nowMs()
settling(KEYS[3], now)
local existing = redis.call('GET', KEYS[1])
if existing then
  local holder = cjson.decode(existing)
  if holder.registrationId ~= ARGV[7] and holder.engineId ~= ARGV[11] then
    return {0, redis.call('PTTL', KEYS[1]), holder.registrationId}
  end
end
announce({worker = KEYS[1], workers = KEYS[2]},
  {worker = ARGV[6], leaseMs = ARGV[8], info = ARGV[9], channel = ARGV[10]}, now)
return {1}
