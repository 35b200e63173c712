-- Whether this boot of a worker holds the worker's name.
local function isRegistered(worker, registration)
  local info = redis.call('GET', worker)
  return info and cjson.decode(info).registrationId == registration
end

-- Writes that an owner has a sandbox for a session.
local function hold(facts, owner)
  redis.call('HSET', sessionKey(facts.id),
    'tenant', facts.tenant, 'thread', facts.thread, 'user', facts.user,
    'worker', owner.worker, 'registration', owner.registration,
    'generation', facts.generation, 'state', 'active',
    'created', facts.created, 'lastActivity', facts.lastActivity, 'timeoutMs', facts.timeoutMs)
  redis.call('SET', threadKey(facts), facts.id)
  redis.call('ZREM', PREFIX .. 'placing', facts.id)
  redis.call('ZADD', PREFIX .. 'expiry', facts.lastActivity + facts.timeoutMs, facts.id)
  redis.call('SADD', PREFIX .. 'worker-sessions:' .. owner.worker, facts.id)
end

-- A session as it stands in eight arguments from `at` on.
local function factsAt(at)
  return {
    id = ARGV[at],
    generation = tonumber(ARGV[at + 1]),
    tenant = ARGV[at + 2],
    thread = ARGV[at + 3],
    user = ARGV[at + 4],
    created = tonumber(ARGV[at + 5]),
    lastActivity = tonumber(ARGV[at + 6]),
    timeoutMs = tonumber(ARGV[at + 7]),
  }
end
