import { mayHaveRun, SandboxError } from "@sandbox-system/contract";
import type { SandboxClient } from "@sandbox-system/client";

/** What a caller knows of a command. `unknown`: it may have run. */
export type CallOutcome = "ok" | "failed" | "unknown";

interface RecordedCall {
  readonly id: string;
  readonly sessionId: string;
  readonly outcome: CallOutcome;
  /** What the caller was told; empty when it worked. */
  readonly code: string;
}

/** File of each session that its commands append their ids to. */
const FILE = "ids";

/**
 * Who called what, and what came of it. Every command appends an id of its own to a file of its session; afterwards the files tell whether the
 * answers were true: ok = exactly once, failed = never, unknown = at most once, and no id in another session's file.
 */
export class CallLedger {
  readonly #calls: RecordedCall[] = [];
  #next = 1;

  get calls(): readonly RecordedCall[] {
    return this.#calls;
  }

  count(outcome: CallOutcome): number {
    return this.#calls.filter((call) => call.outcome === outcome).length;
  }

  /** Codes of the errors that callers got, with how often. */
  get codes(): Readonly<Record<string, number>> {
    const codes: Record<string, number> = {};
    for (const { code } of this.#calls) if (code !== "") codes[code] = (codes[code] ?? 0) + 1;
    return codes;
  }

  /**
   * Runs one command in the client's session and records what came of it; `delay`: seconds that it takes before it writes. Gives the error
   * that the caller got, if any.
   */
  async call(
    client: SandboxClient,
    { delay, idempotencyKey }: { delay?: string; idempotencyKey?: string } = {},
  ): Promise<SandboxError | undefined> {
    const sessionId = client.session?.sessionId ?? "";
    const id = `id-${String(this.#next)}`;
    this.#next += 1;
    const wait = delay === undefined ? "" : `sleep ${delay}; `;
    try {
      const options = { autoRetry: false, idempotencyKey };
      const { exitCode } = await client.execute(`${wait}echo ${id} >> ${FILE}`, options);
      const outcome = exitCode === 0 ? "ok" : "unknown";
      this.#calls.push({ id, sessionId, outcome, code: outcome === "ok" ? "" : "EXIT" });
      return undefined;
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      const outcome = mayHaveRun(error) ? "unknown" : "failed";
      this.#calls.push({ id, sessionId, outcome, code: error.code });
      return error;
    }
  }

  /**
   * Compares the answers with the file of the client's session; gives what is wrong, a sentence each. Sessions that are lost took their file
   * with them, so ask only for those that live.
   */
  async faults(client: SandboxClient): Promise<readonly string[]> {
    const sessionId = client.session?.sessionId ?? "";
    const found = new Map<string, number>();
    for (const id of await idsOf(client)) found.set(id, (found.get(id) ?? 0) + 1);
    const faults: string[] = [];
    for (const call of this.#calls) {
      const times = found.get(call.id) ?? 0;
      if (call.sessionId !== sessionId) {
        if (times > 0) faults.push(`${call.id} of ${call.sessionId} ran in ${sessionId}`);
      } else if (!isTrue(call.outcome, times)) {
        faults.push(`${call.id} was ${call.outcome} ${call.code} and ran ${String(times)} times`);
      }
    }
    return faults;
  }
}

function isTrue(outcome: CallOutcome, times: number): boolean {
  if (outcome === "ok") return times === 1;
  return outcome === "failed" ? times === 0 : times <= 1;
}

async function idsOf(client: SandboxClient): Promise<string[]> {
  const listing = await client.listFiles();
  if (!listing.files.some(({ name }) => name === FILE)) return [];
  const bytes = await client.readFile(FILE);
  return Buffer.from(bytes)
    .toString()
    .split("\n")
    .filter((id) => id !== "");
}
