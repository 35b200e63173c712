-- Stores what a worker says of itself for as long as its lease, and tells those who listen.
local function announce(keys, message, now)
  redis.call('SET', keys.worker, message.info, 'PX', message.leaseMs)
  redis.call('ZADD', keys.workers, now, message.worker)
  redis.call('PUBLISH', message.channel,
    '{"leaseMs":' .. message.leaseMs .. ',"atMs":' .. string.format('%.0f', now) .. ',"info":' .. message.info .. '}')
end
