local function sessionKey(id)
  return PREFIX .. 'session:' .. id
end

local function threadKey(session)
  return PREFIX .. 'thread:' .. session.tenant .. ':' .. session.thread
end

local function readSession(id)
  local fields = redis.call('HMGET', sessionKey(id), 'state', 'worker', 'registration', 'generation', 'tenant', 'thread')
  if not fields[1] then return nil end
  return {
    id = id,
    state = fields[1],
    worker = fields[2],
    registration = fields[3],
    generation = tonumber(fields[4]),
    tenant = fields[5],
    thread = fields[6],
  }
end

-- Takes a session out of everything but its record. The thread is freed only if it is still this session's.
local function unlink(session)
  local thread = threadKey(session)
  if redis.call('GET', thread) == session.id then redis.call('DEL', thread) end
  redis.call('ZREM', PREFIX .. 'expiry', session.id)
  redis.call('ZREM', PREFIX .. 'placing', session.id)
  redis.call('SREM', PREFIX .. 'worker-sessions:' .. session.worker, session.id)
end

local function endSession(session, reason)
  unlink(session)
  redis.call('HSET', sessionKey(session.id), 'state', 'ended', 'end', reason)
  redis.call('PEXPIRE', sessionKey(session.id), KEEP_ENDED_MS)
end

-- A session that never got a sandbox leaves nothing to remember.
local function dropPlacing(session)
  unlink(session)
  redis.call('DEL', sessionKey(session.id))
end
