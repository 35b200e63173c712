-- ARGV 1 to 5 are the same for every script: what all keys begin with, and the rules of the cluster in milliseconds.
local PREFIX = ARGV[1]
local GAP_MS = tonumber(ARGV[2]) -- silence of everybody after which Redis itself must have been away
local SETTLE_MS = tonumber(ARGV[3]) -- time that workers get to come back after that
local PLACING_MS = tonumber(ARGV[4]) -- longest time that a placement takes
local KEEP_ENDED_MS = tonumber(ARGV[5]) -- time for which it is remembered why a session ended

-- Milliseconds since the epoch by this server's clock, the only one that all processes share.
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
