import type { Environment } from "@sandbox-system/contract";

/**
 * Warm sandboxes that local mode keeps when POOL_SIZE says nothing: one to claim at once while the other is being made. A worker's
 * default of 10 is for many conversations, and too much for a laptop that runs a script.
 */
const LOCAL_POOL_SIZE = 2;

/** Local mode's MIN_POOL_SIZE when nothing is said. */
const LOCAL_MIN_POOL_SIZE = 1;

/**
 * The environment that a local engine room reads: `given`, with a worker id of its own (a worker of the same name would reap its
 * containers) and with pool sizes that suit an SDK and agree with those that were given.
 */
export function localEnvironment(given: Environment, workerId: string): Environment {
  const minimum = wholeNumber(given["MIN_POOL_SIZE"]) ?? 0;
  const maximum = wholeNumber(given["MAX_POOL_SIZE"]) ?? LOCAL_POOL_SIZE;
  const size =
    wholeNumber(given["POOL_SIZE"]) ?? Math.max(minimum, Math.min(LOCAL_POOL_SIZE, maximum));
  return {
    ...given,
    POOL_SIZE: orElse(given["POOL_SIZE"], size),
    MIN_POOL_SIZE: orElse(given["MIN_POOL_SIZE"], Math.min(LOCAL_MIN_POOL_SIZE, size)),
    WORKER_ID: workerId,
  };
}

function isBlank(text: string | undefined): text is undefined {
  return text === undefined || text.trim() === "";
}

/** What is set stays, faulty or not: the parser of the settings reports faults. */
function orElse(text: string | undefined, fallback: number): string {
  return isBlank(text) ? String(fallback) : text;
}

function wholeNumber(text: string | undefined): number | undefined {
  return isBlank(text) || !/^\s*\d+\s*$/.test(text) ? undefined : Number(text);
}
