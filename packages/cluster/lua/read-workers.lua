-- The workers whose lease lasts, those heard last first.
-- KEYS 1 workers, 2 epoch
-- ARGV 6 most workers to give
-- Returns {info (JSON), ms that its lease lasts, ms since the epoch of its last beat, info, …}.
-- Keeps: nothing, it only reads.
-- include: rules
-- include: settling

settling(KEYS[2], nowMs())
local found = {}
local workers = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[6] - 1, 'WITHSCORES')
for at = 1, #workers, 2 do
  local key = PREFIX .. 'worker:' .. workers[at]
  local info = redis.call('GET', key)
  if info then
    found[#found + 1] = info
    found[#found + 1] = redis.call('PTTL', key)
    found[#found + 1] = tonumber(workers[at + 1])
  end
end
return found
