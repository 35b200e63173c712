-- Notes that somebody was heard, and says whether the registry is settling: it was empty, or nobody was heard for so long that leases may
-- have run out only because Redis was away. Until `settledAt` a missing lease or an unknown thread proves nothing.
local function settling(epoch, now)
  local known = redis.call('HMGET', epoch, 'heardAt', 'settledAt')
  local heardAt, settledAt = tonumber(known[1]), tonumber(known[2])
  local isNew = not heardAt or not settledAt
  -- A clock that was set back must not leave it settling for hours.
  if isNew or now - heardAt > GAP_MS or settledAt > now + SETTLE_MS then
    settledAt = now + SETTLE_MS
  end
  redis.call('HSET', epoch, 'heardAt', now, 'settledAt', settledAt)
  return now < settledAt
end
