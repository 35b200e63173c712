import { describe, expect, it } from "@jest/globals";
import {
  beatFrom,
  begunFrom,
  claimFrom,
  flagFrom,
  foundAllFrom,
  foundFrom,
  idsFrom,
  lostRestFrom,
  placementFrom,
  registeredFrom,
  restoredFrom,
  storedWorkersFrom,
  sweptFrom,
  textFrom,
  verdictFrom,
  workerCheckFrom,
} from "./script-answers.js";

const CLAIM = [1, "s1", 2, "w1", "placing", 1];

describe("what scripts answer", () => {
  it.each([
    ["claim-thread", claimFrom(CLAIM), expect.objectContaining({ claimed: true, generation: 2 })],
    ["place", placementFrom([0]), undefined],
    ["activate", flagFrom(1), true],
    ["end", flagFrom(0), false],
    ["declare-lost 0", verdictFrom(0), "not-current"],
    ["declare-lost 1", verdictFrom(1), "lost"],
    ["declare-lost 2", verdictFrom(2), "worker-alive"],
    ["touch", idsFrom(["s1"]), ["s1"]],
    ["restore", restoredFrom([1, ["s1"]]), ["s1"]],
    ["restore-rest", lostRestFrom(3), 3],
    ["find-thread", foundFrom(null), undefined],
    ["sweep", sweptFrom([1, 2]), { lost: 1, abandoned: 2 }],
    ["register-worker", registeredFrom([1]), { kind: "registered" }],
    [
      "register-worker, taken",
      registeredFrom([0, 900, "reg_0"]),
      { kind: "taken", leaseLeftMs: 900, registrationId: "reg_0" },
    ],
    ["beat 1", beatFrom(1), "renewed"],
    ["beat 0", beatFrom(0), "unknown"],
    ["beat -1", beatFrom(-1), "replaced"],
    [
      "check-worker",
      workerCheckFrom([1, 900, "{}"]),
      { kind: "alive", leaseLeftMs: 900, info: "{}" },
    ],
    ["check-worker 0", workerCheckFrom([0]), { kind: "gone" }],
    ["check-worker -1", workerCheckFrom([-1]), { kind: "unsure" }],
    [
      "read-workers",
      storedWorkersFrom(["{}", 900, 5]),
      [{ info: "{}", leaseLeftMs: 900, lastBeatMs: 5 }],
    ],
    ["share-token", textFrom("token"), "token"],
    ["idempotency-begin", begunFrom([0]), undefined],
    ["idempotency-begin, made", begunFrom([1, "{}"]), "{}"],
  ])("%s", (_, result, meaning) => {
    expect(result).toEqual(meaning);
  });

  it.each([
    ["claim-thread while it settles", () => claimFrom([0]), "REGISTRY_UNAVAILABLE"],
    ["restore of a stranger", () => restoredFrom([0]), "REGISTRY_UNAVAILABLE"],
    ["restore-rest of a stranger", () => lostRestFrom(-1), "REGISTRY_UNAVAILABLE"],
    ["a key that was used otherwise", () => begunFrom([-1]), "IDEMPOTENCY_CONFLICT"],
    ["claim-thread of another form", () => claimFrom([1, "s1"]), "INTERNAL_ERROR"],
    ["declare-lost of another form", () => verdictFrom(7), "INTERNAL_ERROR"],
    ["a record of another form", () => foundAllFrom(["s1", ["state", "odd"]]), "INTERNAL_ERROR"],
    ["a flag that is none", () => flagFrom("1"), "INTERNAL_ERROR"],
  ])("%s is an error", (_, read, code) => {
    expect(read).toThrow(expect.objectContaining({ code }));
  });
});
