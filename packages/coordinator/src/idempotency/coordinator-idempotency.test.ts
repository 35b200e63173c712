import { expect, it } from "@jest/globals";
import { type IdempotencyStore, sandboxError, type StoredOutcome } from "@sandbox-system/contract";
import { failureOf } from "../testing/outcomes.js";
import { createCoordinatorIdempotency } from "./coordinator-idempotency.js";

const ANSWER: StoredOutcome = { kind: "answer", body: 1 };
const MEMORY: StoredOutcome = { kind: "answer", body: "earlier" };
const entry = (scope: string) => ({ tenant: "a", scope, key: "k", fingerprint: "f" });
const call = () => Promise.resolve({ outcome: ANSWER, keep: true });

const remembering: IdempotencyStore = {
  once: () => Promise.resolve({ outcome: MEMORY, replayed: true }),
};

const failing = (code: "REGISTRY_UNAVAILABLE" | "IDEMPOTENCY_CONFLICT"): IdempotencyStore => ({
  once: () => Promise.reject(sandboxError(code, "no")),
});

it("remembers creations in the shared store", async () => {
  const store = createCoordinatorIdempotency(remembering);
  expect(await store.once(entry("sessions"), call)).toEqual({ outcome: MEMORY, replayed: true });
});

it("leaves commands to the worker that runs them", async () => {
  const store = createCoordinatorIdempotency(remembering);
  expect(await store.once(entry("ses_1"), call)).toEqual({ outcome: ANSWER, replayed: false });
});

it("makes creations while the shared store is away: they join what is there", async () => {
  const store = createCoordinatorIdempotency(failing("REGISTRY_UNAVAILABLE"));
  expect(await store.once(entry("sessions"), call)).toEqual({ outcome: ANSWER, replayed: false });
});

it("passes conflicts on", async () => {
  const store = createCoordinatorIdempotency(failing("IDEMPOTENCY_CONFLICT"));
  expect(await failureOf(store.once(entry("sessions"), call))).toMatchObject({
    code: "IDEMPOTENCY_CONFLICT",
  });
});
