import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock, Timer } from "@sandbox-system/contract";
import type { RedisLink } from "../redis/redis-link.js";
import { registryUnavailable } from "../redis/registry-unavailable.js";
import { textFrom } from "../redis/script-answers.js";

/** Random bytes of a token: as many as an AES-256 key has. */
const TOKEN_BYTES = 32;

/** How long the token before the present one is still taken: everybody else learns of the change within a lease, which is 15 s by default. */
const PREVIOUS_MS = 60_000;

/** How often the token is compared with the others', milliseconds: somebody may have emptied Redis without a word. */
const REFRESH_MS = 15_000;

/** The secret by which workers know coordinators. */
export interface ClusterToken {
  /** The token as it is known now. Rejects with `REGISTRY_UNAVAILABLE` while it is not known at all. */
  current(): Promise<string>;
  /** Asks for it anew, after a worker has refused the one that is known. Rejects with `REGISTRY_UNAVAILABLE`. */
  refresh(): Promise<string>;
  /** Whether this is the token, or was until a moment ago. Takes as long for every candidate. */
  accepts(candidate: string): boolean;
}

/** A token that all processes were given. */
export class GivenToken implements ClusterToken {
  readonly #token: string;
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#token = token;
    this.#digest = digestOf(token);
  }

  current(): Promise<string> {
    return Promise.resolve(this.#token);
  }

  refresh(): Promise<string> {
    return Promise.resolve(this.#token);
  }

  accepts(candidate: string): boolean {
    return timingSafeEqual(digestOf(candidate), this.#digest);
  }
}

/**
 * A random token that the processes agree on through Redis: whoever comes first puts theirs there, and whoever finds it missing later puts back the one that
 * they know. When Redis was emptied and somebody new was quicker, both are taken for a while.
 */
export class SharedToken implements ClusterToken {
  readonly #link: RedisLink;
  readonly #clock: Clock;
  #token: string | undefined;
  #previous: { readonly token: string; readonly untilMs: number } | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(link: RedisLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Keeps the token the others' from now on. */
  start(): void {
    this.#link.onUp(() => this.#keep());
  }

  async current(): Promise<string> {
    return this.#token ?? this.refresh();
  }

  async refresh(): Promise<string> {
    const own = this.#token ?? randomBytes(TOKEN_BYTES).toString("base64url");
    if (!this.#link.up) throw registryUnavailable();
    const token = textFrom(await this.#link.script("share-token", [this.#link.keys.token], [own]));
    if (this.#token !== undefined && this.#token !== token) {
      const untilMs = this.#clock.monotonicMs() + PREVIOUS_MS;
      this.#previous = { token: this.#token, untilMs };
    }
    this.#token = token;
    return token;
  }

  accepts(candidate: string): boolean {
    const digest = digestOf(candidate);
    const previous = this.#previous;
    const mayBePrevious = previous !== undefined && this.#clock.monotonicMs() < previous.untilMs;
    const isCurrent = this.#token !== undefined && timingSafeEqual(digest, digestOf(this.#token));
    return isCurrent || (mayBePrevious && timingSafeEqual(digest, digestOf(previous.token)));
  }

  stop(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #keep(): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#clock.setTimer(REFRESH_MS, () => this.#keep());
    // When Redis is away, the link calls again.
    this.refresh().catch(() => undefined);
  }
}

/** Digests have one length, so that comparing them takes one time. */
function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
