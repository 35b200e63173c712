import { z } from "zod";
import { type SandboxError, sandboxError } from "@sandbox-system/contract";
import type { Claim, LossVerdict } from "../registry/session-registry.js";
import type { SessionRecord } from "../registry/session-record.js";
import { registrySettling, registryUnavailable } from "./registry-unavailable.js";

/**
 * What the answers of the scripts mean, in one place: each function takes what one kind of script returns (its header says what), and gives a result or
 * throws. An answer of another form is an `INTERNAL_ERROR`: it is not a registry of this version.
 */

const claimSchema = z.tuple([
  z.literal(1),
  z.string(),
  z.number(),
  z.string(),
  z.enum(["placing", "active"]),
  z.number(),
]);
const nothingSchema = z.tuple([z.literal(0)]);

/** claim-thread. Throws `REGISTRY_UNAVAILABLE` while the registry is settling. */
export function claimFrom(answer: unknown): Claim {
  const claim = placementFrom(answer);
  if (claim === undefined) throw registrySettling();
  return claim;
}

/** place. */
export function placementFrom(answer: unknown): Claim | undefined {
  const parsed = read(z.union([claimSchema, nothingSchema]), answer);
  if (parsed[0] === 0) return undefined;
  const [, sessionId, generation, workerId, state, claimed] = parsed;
  return { sessionId, generation, workerId, state, claimed: claimed === 1 };
}

/** activate, end. */
export function flagFrom(answer: unknown): boolean {
  return read(z.union([z.literal(0), z.literal(1)]), answer) === 1;
}

const VERDICTS: readonly LossVerdict[] = ["not-current", "lost", "worker-alive"];

/** declare-lost. */
export function verdictFrom(answer: unknown): LossVerdict {
  const verdict = VERDICTS[read(z.number(), answer)];
  if (verdict === undefined) throw unknownAnswer();
  return verdict;
}

/** touch. */
export function idsFrom(answer: unknown): readonly string[] {
  return read(z.array(z.string()), answer);
}

/** restore. Throws `REGISTRY_UNAVAILABLE` when the caller must register first. */
export function restoredFrom(answer: unknown): readonly string[] {
  const parsed = read(
    z.union([z.tuple([z.literal(1), z.array(z.string())]), nothingSchema]),
    answer,
  );
  if (parsed[0] === 0) throw notRegistered();
  return parsed[1];
}

/** restore-rest. Throws like {@link restoredFrom}. */
export function lostRestFrom(answer: unknown): number {
  const lost = read(z.number(), answer);
  if (lost < 0) throw notRegistered();
  return lost;
}

const fieldsSchema = z.array(z.string());

/** find-thread. */
export function foundFrom(answer: unknown): SessionRecord | undefined {
  if (answer === null) return undefined;
  const [sessionId, fields] = read(z.tuple([z.string(), fieldsSchema]), answer);
  return sessionRecordFrom(sessionId, toObject(fields));
}

/** overdue. */
export function foundAllFrom(answer: unknown): readonly SessionRecord[] {
  const found: SessionRecord[] = [];
  const parts = read(z.array(z.union([z.string(), fieldsSchema])), answer);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const record = sessionRecordFrom(
      read(z.string(), parts[at]),
      toObject(read(fieldsSchema, parts[at + 1])),
    );
    if (record !== undefined) found.push(record);
  }
  return found;
}

/** sweep. */
export function sweptFrom(answer: unknown): { readonly lost: number; readonly abandoned: number } {
  const [lost, abandoned] = read(z.tuple([z.number(), z.number()]), answer);
  return { lost, abandoned };
}

const recordSchema = z.object({
  tenant: z.string(),
  thread: z.string(),
  user: z.string(),
  worker: z.string(),
  registration: z.string(),
  generation: z.coerce.number(),
  state: z.enum(["placing", "active", "ended"]),
  end: z.enum(["closed", "expired", "lost"]).optional(),
  created: z.coerce.number(),
  lastActivity: z.coerce.number(),
  timeoutMs: z.coerce.number(),
});

/** A session's hash; undefined when there is none. */
export function sessionRecordFrom(
  sessionId: string,
  hash: Readonly<Record<string, string>>,
): SessionRecord | undefined {
  if (Object.keys(hash).length === 0) return undefined;
  const fields = read(recordSchema, hash);
  return {
    sessionId,
    tenant: fields.tenant,
    threadId: fields.thread,
    userId: fields.user,
    workerId: fields.worker,
    registrationId: fields.registration,
    generation: fields.generation,
    state: fields.state,
    end: fields.end,
    createdAtMs: fields.created,
    lastActivityMs: fields.lastActivity,
    timeoutMs: fields.timeoutMs,
  };
}

/** What register-worker says. */
export type RegisterAnswer =
  | { readonly kind: "registered" }
  | { readonly kind: "taken"; readonly leaseLeftMs: number; readonly registrationId: string };

/** register-worker. */
export function registeredFrom(answer: unknown): RegisterAnswer {
  const parsed = read(
    z.union([z.tuple([z.literal(1)]), z.tuple([z.literal(0), z.number(), z.string()])]),
    answer,
  );
  return parsed[0] === 1
    ? { kind: "registered" }
    : { kind: "taken", leaseLeftMs: parsed[1], registrationId: parsed[2] };
}

/** beat. `unknown`: the lease had run out, or Redis was emptied; `replaced`: another boot has the name. */
export function beatFrom(answer: unknown): "renewed" | "unknown" | "replaced" {
  const code = read(z.number(), answer);
  if (code === 1) return "renewed";
  return code === 0 ? "unknown" : "replaced";
}

/** Whether a worker is there, as check-worker says. */
export type WorkerCheck =
  | { readonly kind: "alive"; readonly leaseLeftMs: number; readonly info: string }
  | { readonly kind: "gone" | "unsure" };

/** check-worker. */
export function workerCheckFrom(answer: unknown): WorkerCheck {
  const parsed = read(
    z.union([z.tuple([z.literal(1), z.number(), z.string()]), z.tuple([z.number()])]),
    answer,
  );
  if (parsed.length === 3) return { kind: "alive", leaseLeftMs: parsed[1], info: parsed[2] };
  return { kind: parsed[0] === 0 ? "gone" : "unsure" };
}

/** A worker as read-workers gives it. */
export interface StoredWorker {
  readonly info: string;
  readonly leaseLeftMs: number;
  readonly lastBeatMs: number;
}

/** read-workers. */
export function storedWorkersFrom(answer: unknown): readonly StoredWorker[] {
  const parts = read(z.array(z.union([z.string(), z.number()])), answer);
  const workers: StoredWorker[] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const [info, leaseLeftMs, lastBeatMs] = read(
      z.tuple([z.string(), z.number(), z.number()]),
      parts.slice(at, at + 3),
    );
    workers.push({ info, leaseLeftMs, lastBeatMs });
  }
  return workers;
}

/** share-token. */
export function textFrom(answer: unknown): string {
  return read(z.string(), answer);
}

/** idempotency-begin: the outcome of the call that was made, JSON; undefined: make it. Throws `IDEMPOTENCY_CONFLICT`. */
export function begunFrom(answer: unknown): string | undefined {
  const [code, outcome] = read(
    z.union([z.tuple([z.number()]), z.tuple([z.number(), z.string()])]),
    answer,
  );
  if (code === -1) {
    throw sandboxError(
      "IDEMPOTENCY_CONFLICT",
      "This Idempotency-Key was used with another request. Use a new key for a new request.",
    );
  }
  return outcome;
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw unknownAnswer();
  return parsed.data;
}

function unknownAnswer(): SandboxError {
  return sandboxError("INTERNAL_ERROR", "The session registry gave an answer that it cannot give.");
}

function notRegistered(): SandboxError {
  return registryUnavailable("This worker is not registered any more. It registers again at once.");
}

function toObject(fields: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name = "", value = ""] = [fields[at], fields[at + 1]];
    object[name] = value;
  }
  return object;
}
