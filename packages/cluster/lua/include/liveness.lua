-- 'live': counts. 'dead': does not count any more. 'unsure': its lease is missing, which proves nothing while the registry is settling.
local function liveness(session, now, isSettling)
  if session.state == 'ended' then return 'dead' end
  if session.state == 'placing' then
    local since = tonumber(redis.call('ZSCORE', PREFIX .. 'placing', session.id))
    return since and now - since < PLACING_MS and 'live' or 'dead'
  end
  if redis.call('EXISTS', PREFIX .. 'worker:' .. session.worker) == 1 then return 'live' end
  return isSettling and 'unsure' or 'dead'
end

-- Makes what is dead so in the registry too.
local function bury(session)
  if session.state == 'active' then endSession(session, 'lost') end
  if session.state == 'placing' then dropPlacing(session) end
end
