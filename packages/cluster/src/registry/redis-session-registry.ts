import type { SessionEnd } from "@sandbox-system/contract";
import type { RedisLink } from "../redis/redis-link.js";
import {
  claimFrom,
  flagFrom,
  foundAllFrom,
  foundFrom,
  idsFrom,
  lostRestFrom,
  placementFrom,
  restoredFrom,
  sessionRecordFrom,
  sweptFrom,
  verdictFrom,
} from "../redis/script-answers.js";
import type { Owner, SessionFacts, SessionFence } from "./session-record.js";
import type { ClaimRequest, SessionActivity, SessionRegistry } from "./session-registry.js";

/** Sessions in one call: one call takes some milliseconds, in which Redis answers nobody else. */
const CHUNK = 500;

/** The registry in Redis: a script a method, and no state here. */
export class RedisSessionRegistry implements SessionRegistry {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async claimThread({ tenant, threadId, userId, sessionId, workerId }: ClaimRequest) {
    const { keys } = this.#link;
    return claimFrom(
      await this.#link.script(
        "claim-thread",
        [keys.thread(tenant, threadId), keys.session(sessionId), keys.epoch, keys.placing],
        [sessionId, workerId, tenant, threadId, userId],
      ),
    );
  }

  async place({ sessionId, generation }: SessionFence, workerId: string) {
    const { keys } = this.#link;
    return placementFrom(
      await this.#link.script(
        "place",
        [keys.session(sessionId), keys.placing],
        [sessionId, generation, workerId],
      ),
    );
  }

  async abandon({ sessionId, generation }: SessionFence) {
    const { keys } = this.#link;
    await this.#link.script("abandon", [keys.session(sessionId)], [sessionId, generation]);
  }

  async activate(session: SessionFacts, owner: Owner) {
    const { keys } = this.#link;
    return flagFrom(
      await this.#link.script(
        "activate",
        [keys.session(session.sessionId), keys.worker(owner.workerId)],
        [owner.workerId, owner.registrationId, ...factsOf(session)],
      ),
    );
  }

  async find(sessionId: string) {
    const { redis, keys } = this.#link;
    const hash = await this.#link.ask(() => redis.hgetall(keys.session(sessionId)));
    return sessionRecordFrom(sessionId, hash);
  }

  async findThread(tenant: string, threadId: string) {
    const { keys } = this.#link;
    return foundFrom(await this.#link.script("find-thread", [keys.thread(tenant, threadId)]));
  }

  async end({ sessionId, generation }: SessionFence, end: SessionEnd) {
    const { keys } = this.#link;
    return flagFrom(
      await this.#link.script("end", [keys.session(sessionId)], [sessionId, generation, end]),
    );
  }

  async declareLost({ sessionId, generation }: SessionFence) {
    const { keys } = this.#link;
    return verdictFrom(
      await this.#link.script(
        "declare-lost",
        [keys.session(sessionId), keys.epoch],
        [sessionId, generation],
      ),
    );
  }

  async touch({ workerId, registrationId }: Owner, activities: readonly SessionActivity[]) {
    const { keys } = this.#link;
    const others: string[] = [];
    for (const chunk of chunksOf(activities)) {
      const args = chunk.flatMap((one) => [one.sessionId, one.generation, one.lastActivityMs]);
      const answer = await this.#link.script(
        "touch",
        [keys.expiry],
        [workerId, registrationId, ...args],
      );
      others.push(...idsFrom(answer));
    }
    return others;
  }

  async restore({ workerId, registrationId }: Owner, sessions: readonly SessionFacts[]) {
    const { keys } = this.#link;
    const worker = keys.worker(workerId);
    const others: string[] = [];
    for (const chunk of chunksOf(sessions)) {
      const answer = await this.#link.script(
        "restore",
        [worker, keys.epoch],
        [workerId, registrationId, ...chunk.flatMap(factsOf)],
      );
      others.push(...restoredFrom(answer));
    }
    const rest = await this.#link.script(
      "restore-rest",
      [worker, keys.workerSessions(workerId)],
      [workerId, registrationId, ...sessions.map(({ sessionId }) => sessionId)],
    );
    lostRestFrom(rest);
    return others;
  }

  async overdue(limit: number) {
    const { keys } = this.#link;
    return foundAllFrom(await this.#link.script("overdue", [keys.expiry], [limit]));
  }

  async sweep(limit: number) {
    const { keys } = this.#link;
    return sweptFrom(
      await this.#link.script("sweep", [keys.workers, keys.placing, keys.epoch], [limit]),
    );
  }
}

/** A session as scripts take it: eight arguments. */
function factsOf(session: SessionFacts): (string | number)[] {
  return [
    session.sessionId,
    session.generation,
    session.tenant,
    session.threadId,
    session.userId,
    session.createdAtMs,
    session.lastActivityMs,
    session.timeoutMs,
  ];
}

function chunksOf<T>(all: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < all.length; at += CHUNK) chunks.push(all.slice(at, at + CHUNK));
  return chunks;
}
