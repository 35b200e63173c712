import { FakeClock } from "@sandbox-system/contract/testing";
import type { RegistryWorld } from "../conformance/session-registry-suite.js";
import { MemorySessionRegistry } from "./memory-session-registry.js";

/** The registry in memory with powers over it. */
export function memoryRegistryWorld(): RegistryWorld {
  const clock = new FakeClock();
  const registry = new MemorySessionRegistry(clock);
  return {
    registry,
    now: () => Promise.resolve(clock.now()),
    register: later((owner) => registry.register(owner)),
    loseLease: later((workerId) => registry.loseLease(workerId)),
    empty: later(() => registry.empty()),
    settle: later(() => registry.settle()),
    agePlacement: later((sessionId) => registry.agePlacement(sessionId)),
  };
}

/** As of one that is far away. */
function later<Args extends unknown[]>(action: (...args: Args) => void) {
  return (...args: Args): Promise<void> => {
    action(...args);
    return Promise.resolve();
  };
}
