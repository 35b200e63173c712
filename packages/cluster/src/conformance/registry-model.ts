import type { SessionEnd } from "@sandbox-system/contract";
import { expect } from "@jest/globals";
import fc from "fast-check";
import type { Owner, SessionFacts, SessionRecord } from "../registry/session-record.js";
import type { RegistryWorld } from "./session-registry-suite.js";

/** Something that one of several actors does, whatever it knows. Numbers choose among what there is. */
export type Step =
  | { readonly kind: "claim"; readonly thread: number; readonly worker: number }
  | { readonly kind: "place"; readonly fence: number; readonly worker: number }
  | { readonly kind: "abandon" | "declareLost"; readonly fence: number }
  | {
      readonly kind: "activate";
      readonly fence: number;
      readonly worker: number;
      readonly boot: number;
    }
  | { readonly kind: "end"; readonly fence: number; readonly end: SessionEnd }
  | {
      readonly kind: "touch";
      readonly fence: number;
      readonly worker: number;
      readonly boot: number;
    }
  | {
      readonly kind: "restore";
      readonly worker: number;
      readonly boot: number;
      readonly fences: readonly number[];
    }
  | { readonly kind: "register"; readonly worker: number; readonly boot: number }
  | { readonly kind: "loseLease"; readonly worker: number }
  | { readonly kind: "agePlacement"; readonly fence: number }
  | { readonly kind: "sweep" };

const THREADS = ["t1", "t2"];
const WORKERS = ["w1", "w2"];

const index = fc.nat({ max: 4 });
const worker = fc.nat({ max: WORKERS.length - 1 });
const boot = fc.nat({ max: 1 });
const ends = fc.constantFrom<SessionEnd>("closed", "expired", "lost");
const kindOf = <const Kind extends string>(kind: Kind) => fc.constant(kind);

/** Any order of steps by any actors: late, twice, stale. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: kindOf("claim"), thread: fc.nat({ max: 1 }), worker }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kindOf("place"), fence: index, worker }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("abandon" as const, "declareLost" as const),
        fence: index,
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: kindOf("activate"), fence: index, worker, boot }) },
    fc.record({ kind: kindOf("end"), fence: index, end: ends }),
    fc.record({ kind: kindOf("touch"), fence: index, worker, boot }),
    {
      weight: 2,
      arbitrary: fc.record({
        ...{ kind: kindOf("restore"), worker, boot },
        fences: fc.uniqueArray(index, { maxLength: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kindOf("register"), worker, boot }) },
    fc.record({ kind: kindOf("loseLease"), worker }),
    fc.record({ kind: kindOf("agePlacement"), fence: index }),
    fc.record({ kind: kindOf("sweep") }),
  ),
  { minLength: 5, maxLength: 40 },
);

/** What is the same in every registry, whatever its clock says. */
type Seen = Pick<SessionRecord, "state" | "end" | "generation" | "workerId" | "registrationId">;

/** Takes the steps in one world, checks after each that nothing forbidden is there, and gives all answers. */
export async function play(world: RegistryWorld, script: readonly Step[]): Promise<unknown[]> {
  const player = new Player(world);
  const answers: unknown[] = [];
  for (const at of WORKERS.keys()) await world.register(ownerOf({ worker: at, boot: 0 }));
  for (const step of script) {
    answers.push(
      await player.take(step).catch((error: unknown) => (error as { code: string }).code),
    );
    await player.check();
  }
  return [...answers, ...player.seen.entries()];
}

class Player {
  /** What was last seen of every session that was ever claimed. */
  readonly seen = new Map<string, Seen | undefined>();
  /** Every fence that anybody was ever given. */
  readonly #fences: SessionFacts[] = [];
  readonly #threads = new Map<string, string>();

  constructor(private readonly world: RegistryWorld) {}

  async take(step: Step): Promise<unknown> {
    const { registry } = this.world;
    switch (step.kind) {
      case "claim":
        return this.#claim(step.thread, step.worker);
      case "place": {
        const fence = this.#fence(step.fence);
        const claim = fence && (await registry.place(fence, nameOf(step.worker)));
        if (claim?.claimed === true) this.#know({ ...fence!, generation: claim.generation });
        return claim;
      }
      case "abandon":
        return this.#with(step.fence, (fence) => registry.abandon(fence));
      case "declareLost":
        return this.#with(step.fence, (fence) => registry.declareLost(fence));
      case "activate":
        return this.#with(step.fence, (fence) => registry.activate(fence, ownerOf(step)));
      case "end":
        return this.#with(step.fence, (fence) => registry.end(fence, step.end));
      case "touch":
        return this.#with(step.fence, (fence) => registry.touch(ownerOf(step), [fence]));
      case "restore":
        return registry.restore(
          ownerOf(step),
          step.fences.flatMap((at) => this.#fence(at) ?? []),
        );
      case "register":
        return this.world.register(ownerOf(step));
      case "loseLease":
        return this.world.loseLease(nameOf(step.worker));
      case "agePlacement":
        return this.#with(step.fence, async (fence) => {
          const found = await registry.find(fence.sessionId);
          if (found?.state === "placing") await this.world.agePlacement(fence.sessionId);
        });
      case "sweep":
        return registry.sweep(100);
    }
  }

  async check(): Promise<void> {
    const live = new Map<string, string[]>();
    for (const [sessionId, before] of this.seen) {
      const found = await this.world.registry.find(sessionId);
      const now = found && seenOf(found);
      // An ended session never comes back, and why it ended never changes.
      if (before?.state === "ended") expect(now).toEqual(before);
      // A generation never falls, and one that was active is not placed again.
      if (before !== undefined && now !== undefined)
        expect(now.generation).toBeGreaterThanOrEqual(before.generation);
      if (before?.state === "active") expect(now?.state).toMatch(/active|ended/);
      // A generation that is active stays with its worker.
      if (before?.state === "active" && now?.generation === before.generation)
        expect(now.workerId).toBe(before.workerId);
      this.seen.set(sessionId, now);
      const thread = this.#threads.get(sessionId) ?? "";
      if (now !== undefined && now.state !== "ended")
        live.set(thread, [...(live.get(thread) ?? []), sessionId]);
    }
    for (const threadId of THREADS) {
      const found = await this.world.registry.findThread("acme", threadId);
      // A thread has at most one session that has not ended, and leads to it.
      expect(live.get(threadId) ?? []).toEqual(found === undefined ? [] : [found.sessionId]);
    }
  }

  async #claim(thread: number, at: number): Promise<unknown> {
    const threadId = THREADS[thread] ?? "t1";
    const sessionId = `s${String(this.seen.size)}`;
    const claim = await this.world.registry.claimThread({
      ...{ tenant: "acme", threadId, userId: "u", sessionId, workerId: nameOf(at) },
    });
    if (!claim.claimed) return claim;
    this.seen.set(sessionId, undefined);
    this.#threads.set(sessionId, threadId);
    this.#know({
      ...{ sessionId, generation: claim.generation, tenant: "acme", threadId, userId: "u" },
      ...{ createdAtMs: 1, lastActivityMs: 2, timeoutMs: 3 },
    });
    return claim;
  }

  #know(fence: SessionFacts): void {
    this.#fences.push(fence);
  }

  /** The latest fences are the likeliest to matter. */
  #fence(at: number): SessionFacts | undefined {
    return this.#fences.at(-1 - at);
  }

  async #with(at: number, action: (fence: SessionFacts) => Promise<unknown>): Promise<unknown> {
    const fence = this.#fence(at);
    return fence === undefined ? undefined : action(fence);
  }
}

function nameOf(at: number): string {
  return WORKERS[at] ?? "w1";
}

function ownerOf({ worker: at, boot: which }: { worker: number; boot: number }): Owner {
  return { workerId: nameOf(at), registrationId: `reg_${nameOf(at)}_${String(which)}` };
}

function seenOf({ state, end, generation, workerId, registrationId }: SessionRecord): Seen {
  return { state, end, generation, workerId, registrationId };
}
