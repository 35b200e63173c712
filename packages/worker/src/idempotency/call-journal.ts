import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { StoredOutcome } from "@sandbox-system/contract";

/** Outcomes up to this many characters of JSON are written down; of larger ones, that the call was made. */
const MAX_OUTCOME_LENGTH = 65_536;

/** A journal that has grown past this, bytes, is written anew when the next process reads it. */
const COMPACT_BYTES = 1024 ** 2;

const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("answer"), body: z.unknown() }),
  z.object({
    kind: z.literal("error"),
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
]);

/** One line: a call begins (`fingerprint`), came to something (`outcome`), or did nothing and is forgotten (neither). */
const lineSchema = z.object({
  id: z.string(),
  at: z.number(),
  fingerprint: z.string().optional(),
  outcome: outcomeSchema.optional(),
});

type Line = z.infer<typeof lineSchema>;

/** A call of an earlier process. */
export interface JournaledCall {
  readonly id: string;
  readonly fingerprint: string;
  /** Milliseconds since the epoch at which it began. */
  readonly at: number;
  /** undefined: it had begun, and nobody knows what came of it. */
  readonly outcome: StoredOutcome | undefined;
}

/**
 * Calls that must not be made twice, in a file, so that a successor knows of them: a line before a call is made, a line when it is over.
 * Written through to the kernel, not to the disk: it outlives the process, and what the calls were about does not outlive the machine either.
 */
export class CallJournal {
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** Calls that began after `sinceMs`, in the order in which they began. Lines that cannot be read (a torn last one) are passed over. */
  async load(sinceMs: number): Promise<readonly JournaledCall[]> {
    const text = await readFile(this.path, "utf8").catch(() => "");
    const calls = new Map<string, JournaledCall>();
    for (const line of linesOf(text)) {
      const call = calls.get(line.id);
      if (line.fingerprint !== undefined)
        calls.set(line.id, { ...line, fingerprint: line.fingerprint, outcome: undefined });
      else if (line.outcome === undefined) calls.delete(line.id);
      else if (call !== undefined) calls.set(line.id, { ...call, outcome: line.outcome });
    }
    const recent = [...calls.values()].filter(({ at }) => at >= sinceMs);
    if (text.length > COMPACT_BYTES) await this.#rewrite(recent);
    return recent;
  }

  /** Resolves when it is written that a call begins: only then may it be made. @throws what the file system does. */
  begin(id: string, fingerprint: string, at: number): Promise<void> {
    return this.#append({ id, at, fingerprint });
  }

  /** Writes down what a call came to. */
  async end(id: string, outcome: StoredOutcome, at: number): Promise<void> {
    const small = JSON.stringify(outcome).length <= MAX_OUTCOME_LENGTH;
    if (small) await this.#append({ id, at, outcome: { ...outcome } });
  }

  /** The call did nothing: its key is free. */
  forget(id: string, at: number): Promise<void> {
    return this.#append({ id, at });
  }

  /** One after the other, so that lines do not mix. */
  #append(line: Line): Promise<void> {
    const written = this.#writing.then(async () => {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await appendFile(this.path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #rewrite(calls: readonly JournaledCall[]): Promise<void> {
    const lines = calls.flatMap(({ id, at, fingerprint, outcome }): Line[] => [
      { id, at, fingerprint },
      ...(outcome === undefined ? [] : [{ id, at, outcome: { ...outcome } }]),
    ]);
    const fresh = `${this.path}.new`;
    await writeFile(fresh, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
      mode: 0o600,
    });
    await rename(fresh, this.path);
  }
}

function linesOf(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    try {
      const parsed = lineSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
