/** Test doubles of the ports, and a Redis server for tests of the running system. */
export { MemorySessionRegistry } from "./memory-session-registry.js";
export { MemoryWorkerDirectory } from "./memory-worker-directory.js";
export { RedisMonitor } from "./redis-monitor.js";
export { RedisServer, type RedisServerOptions } from "./redis-server.js";
export { testWorkerInfo } from "./worker-info.js";
