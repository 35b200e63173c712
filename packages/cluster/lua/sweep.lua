-- One bounded pass over what nobody will tidy up.
-- KEYS 1 workers, 2 placing, 3 epoch
-- ARGV 6 most sessions to end, and most to drop
-- Returns {sessions lost, placements dropped}.
-- Keeps: nobody loses a session because Redis was away.
-- include: rules
-- include: settling
-- include: sessions
-- include: liveness

local now = nowMs()
local isSettling = settling(KEYS[3], now)
local limit = tonumber(ARGV[6])

local abandoned = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - PLACING_MS, 'LIMIT', 0, limit)) do
  local session = readSession(id)
  if session and session.state == 'placing' then
    dropPlacing(session)
    abandoned = abandoned + 1
  else
    redis.call('ZREM', KEYS[2], id)
  end
end

local lost = 0
if isSettling then return {lost, abandoned} end
-- The dead are among those who were heard longest ago; a hundred bound one pass.
for _, worker in ipairs(redis.call('ZRANGE', KEYS[1], 0, 99)) do
  if redis.call('EXISTS', PREFIX .. 'worker:' .. worker) == 0 then
    local held = PREFIX .. 'worker-sessions:' .. worker
    for _, id in ipairs(redis.call('SRANDMEMBER', held, limit - lost)) do
      local session = readSession(id)
      if session and session.state == 'active' and session.worker == worker then
        endSession(session, 'lost')
        lost = lost + 1
      else
        redis.call('SREM', held, id)
      end
    end
    if redis.call('EXISTS', held) == 0 then redis.call('ZREM', KEYS[1], worker) end
  end
end
return {lost, abandoned}
