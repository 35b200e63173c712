import { describe, expect, it } from "@jest/globals";
import { workerInfoSchema } from "@sandbox-system/cluster";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import type { WorkerPhase } from "../process/worker-phase.js";
import { FakeSandboxService } from "../testing/fake-sandbox-service.js";
import { createClusterKeyring } from "./cluster-keyring.js";
import { workerUrl } from "./compose-membership.js";
import { createMemberHost } from "./membership.js";

function member() {
  const service = new FakeSandboxService({ clock: new FakeClock() });
  const logger = new RecordingLogger();
  const process: { phase: WorkerPhase } = { phase: "serving" };
  const host = createMemberHost({
    service,
    logger,
    version: "1.2.3",
    maxFileBytes: 5,
    startedAtMs: 1,
    phase: () => process.phase,
    url: (address) => `http://${address}:1`,
    replaced: () => undefined,
  });
  return { service, logger, host, process };
}

describe("what a worker says of itself", () => {
  it("fits the form of a heartbeat", async () => {
    const { service, host } = member();
    await service.start();
    const { workerId, registrationId } = host;
    const about = { ...host.describe(), workerId, registrationId, url: host.url("10.0.0.1") };
    const info = workerInfoSchema.parse({ ...about, state: host.state() });
    expect(info).toMatchObject({
      workerId: "fake-worker",
      state: "active",
      engineId: "engine",
      createMs: null,
    });
    expect(info.memoryLoad).toBeGreaterThan(0);
    expect(info.memoryLoad).toBeLessThan(1);
  });

  type Member = ReturnType<typeof member>;
  const starting = ({ process }: Member): void => {
    process.phase = "starting";
  };
  const engineAway = ({ service }: Member): void => {
    service.engineConnected = false;
  };
  const asked = ({ service }: Member): void => {
    service.drain();
  };
  const stopping = ({ process }: Member): void => {
    process.phase = "draining";
  };

  it.each([
    ["starting", starting],
    ["unavailable", engineAway],
    ["draining", asked],
    ["draining", stopping],
  ] as const)("is %s", async (state, arrange) => {
    const made = member();
    await made.service.start();
    arrange(made);
    expect(made.host.state()).toBe(state);
  });
});

describe("what a worker does for its cluster", () => {
  it("lets go of sessions that are somebody else's, by their generation", async () => {
    const { service, host, logger } = member();
    const snapshot = (sessionId: string, generation: number) => ({
      sessionId,
      generation,
      tenant: "t",
      threadId: sessionId,
      userId: "u",
      createdAtMs: 0,
      lastActivityMs: 0,
      timeoutMs: 1,
    });
    service.owned = [snapshot("a", 1), snapshot("b", 2)];
    await host.fenced(["b", "unknown"]);
    expect(service.retired).toEqual([{ sessionId: "b", generation: 2, reason: "fenced" }]);
    expect(logger.events()).toContain("cluster.fenced");
  });

  it("asks itself whether a session is idle before it ends one", async () => {
    const { service, host } = member();
    await host.runJob({ kind: "end-session", sessionId: "a", generation: 3 });
    expect(service.retired).toEqual([{ sessionId: "a", generation: 3, reason: "expired" }]);
  });

  it("takes a pool target that is meant for this boot, and no other", async () => {
    const { service, host } = member();
    await host.runJob({ kind: "set-pool-target", registrationId: "reg_other", target: 7 });
    await host.runJob({ kind: "set-pool-target", registrationId: "reg_fake", target: 5 });
    expect(service.poolTargets).toEqual([5]);
  });
});

it.each([
  ["0.0.0.0", "172.18.0.3", "http://172.18.0.3:5000"],
  ["::", "::ffff:172.18.0.3", "http://172.18.0.3:5000"],
  ["::", "fd00::3", "http://[fd00::3]:5000"],
  ["127.0.0.1", "172.18.0.3", "http://127.0.0.1:5000"],
])("a worker that listens on %s and is seen as %s is at %s", (host, seen, url) => {
  expect(workerUrl(host, seen, 5000)).toBe(url);
});

describe("the keyring of a cluster", () => {
  const keyring = createClusterKeyring({ accepts: (candidate) => candidate === "token" });

  it("knows the coordinators' token, and whom they speak for", () => {
    expect(keyring.tenantOf("token", "alice")).toBe("alice");
    expect(keyring.tenantOf("token")).toBe("default");
    expect(keyring.required).toBe(true);
  });

  it.each([
    ["wrong", "alice"],
    ["", "alice"],
    ["token", "no tenant"],
    ["token", ""],
    ["token", "a\nb"],
  ])("refuses %j for %j", (key, tenant) => {
    expect(keyring.tenantOf(key, tenant)).toBeUndefined();
  });
});
