import type { EngineFacts } from "./container-engine.js";

/** What is lost on an engine that cannot do everything: a sentence each, for the log and /health. */
export function engineWarnings(facts: EngineFacts, runtime: string | undefined): string[] {
  const warnings: string[] = [];
  if (!facts.seccomp) warnings.push("The engine has no seccomp: system calls are not filtered.");
  if (!facts.memoryLimit)
    warnings.push("The engine cannot limit memory: MEMORY_LIMIT has no effect.");
  if (!facts.cpuQuota) warnings.push("The engine cannot limit CPU time: CPU_QUOTA has no effect.");
  if (!facts.pidsLimit)
    warnings.push("The engine cannot limit processes: a fork bomb is not contained.");
  if (runtime !== undefined && !facts.runtimes.includes(runtime)) {
    warnings.push(
      `The engine has no runtime "${runtime}"; it has: ${facts.runtimes.join(", ")}. No sandbox can be made.`,
    );
  }
  return warnings;
}
