import { readFileSync } from "node:fs";
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";

/** How busy the machine is. */
export interface MachineLoad {
  /** Load average of the last minute by cores: 1 is as much as it can do, more is too much. */
  readonly cpuLoad: number;
  /** Memory in use, 0 … 1; what the kernel can give back at once does not count. */
  readonly memoryLoad: number;
}

/** Looks at the machine that this process runs on. */
export function machineLoad(): MachineLoad {
  const [minute = 0] = loadavg();
  const available = availableMemory() ?? freemem();
  return {
    cpuLoad: round(minute / availableParallelism()),
    memoryLoad: round(1 - available / totalmem()),
  };
}

/** Free memory in Node's sense leaves caches out, of which a busy machine is full; the kernel knows better. undefined: not Linux. */
function availableMemory(): number | undefined {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
