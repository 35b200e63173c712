import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type ClusterOptions,
  clusterSettings,
  compileClusterOptions,
} from "@sandbox-system/cluster";
import { RedisServer } from "@sandbox-system/cluster/testing";
import { type HealthBody, parseSettings, type SessionBody } from "@sandbox-system/contract";
import { ServerProcess, until } from "@sandbox-system/service/testing";
import { RegisteredWorker } from "./testing/registered-worker.js";

/** The built program; tests of the process run from the repository's root. */
const MAIN = join(process.cwd(), "packages", "coordinator", "dist", "main.js");

/** A test starts processes, and the machine may be busy. */
const PATIENCE_MS = 90_000;

let redis: RedisServer;
let directory: string;
let env: Record<string, string>;
let options: ClusterOptions;
let coordinators: ServerProcess[];
let workers: RegisteredWorker[];

beforeAll(async () => {
  redis = new RedisServer({ appendOnly: true });
  await redis.start();
  directory = mkdtempSync(join(tmpdir(), "swc-"));
}, PATIENCE_MS);

afterAll(async () => {
  await redis.cleanUp();
  rmSync(directory, { recursive: true, force: true });
}, PATIENCE_MS);

beforeEach(() => {
  coordinators = [];
  workers = [];
  env = {
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    REDIS_KEY_PREFIX: `test-${Math.random().toString(36).slice(2)}`,
    HEARTBEAT_INTERVAL_SECONDS: "0.4",
    LEASE_SECONDS: "1.2",
    CLEANUP_INTERVAL_SECONDS: "1",
    POOL_SCALING_INTERVAL_SECONDS: "1",
  };
  const compiled = compileClusterOptions(parseSettings(clusterSettings, env));
  if (compiled === undefined) throw new Error("There is no Redis in the settings");
  options = compiled;
});

afterEach(async () => {
  await Promise.all(coordinators.map((coordinator) => coordinator.kill()));
  await Promise.all(workers.map((worker) => worker.stop()));
}, PATIENCE_MS);

async function addWorker(workerId: string): Promise<RegisteredWorker> {
  const worker = await RegisteredWorker.start(workerId, options);
  workers.push(worker);
  return worker;
}

async function addCoordinator(more: Record<string, string> = {}): Promise<ServerProcess> {
  const coordinator = new ServerProcess({ main: MAIN, directory, env: { ...env, ...more } });
  coordinators.push(coordinator);
  await coordinator.start();
  return coordinator;
}

function post(coordinator: ServerProcess, path: string, body: unknown): Promise<Response> {
  return fetch(coordinator.url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function create(coordinator: ServerProcess, threadId: string): Promise<SessionBody> {
  const answer = await post(coordinator, "/v1/sessions", { user_id: "u", thread_id: threadId });
  return (await answer.json()) as SessionBody;
}

const exec = (coordinator: ServerProcess, sessionId: string): Promise<Response> =>
  post(coordinator, `/v1/sessions/${sessionId}/exec`, { command: "a" });

async function healthOf(coordinator: ServerProcess): Promise<HealthBody> {
  return (await (await fetch(`${coordinator.url}/health`)).json()) as HealthBody;
}

it(
  "two coordinators serve one thread's session alike, and know its worker's end",
  async () => {
    const worker = await addWorker("w1");
    const [one, two] = await Promise.all([addCoordinator(), addCoordinator()]);
    const sessions = await Promise.all([create(one, "t"), create(two, "t"), create(one, "t")]);
    const [{ session_id: sessionId }] = sessions;
    expect(new Set(sessions.map((session) => session.session_id)).size).toBe(1);
    expect(sessions.map(({ status }) => status).sort()).toEqual([
      "created",
      "existing",
      "existing",
    ]);
    for (const coordinator of [one, two])
      expect(await (await exec(coordinator, sessionId)).json()).toMatchObject({ exit_code: 127 });
    await addWorker("w2");
    await until(async () => (await healthOf(two)).workers?.length === 2);
    await worker.stop();
    const lost = await exec(two, sessionId);
    expect([lost.status, await lost.json()]).toMatchObject([404, { code: "SESSION_LOST" }]);
    expect(await create(two, "t")).toMatchObject({ status: "created", worker_id: "w2" });
  },
  PATIENCE_MS,
);

it(
  "while Redis is away sessions go on, new ones are refused for a moment, and all recovers",
  async () => {
    await addWorker("w1");
    const coordinator = await addCoordinator();
    const { session_id: sessionId } = await create(coordinator, "t");
    await redis.stop();
    await until(async () => !(await healthOf(coordinator)).redis_connected);
    expect((await exec(coordinator, sessionId)).status).toBe(200);
    expect(await create(coordinator, "t")).toMatchObject({ status: "existing" });
    const refused = await post(coordinator, "/v1/sessions", { user_id: "u", thread_id: "new" });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(1);
    expect(await healthOf(coordinator)).toMatchObject({ status: "degraded" });
    await redis.start();
    await until(async () => (await create(coordinator, "new")).status === "created");
    expect((await exec(coordinator, sessionId)).status).toBe(200);
  },
  PATIENCE_MS,
);

it(
  "the shared jobs reach the workers: idle sessions and pool targets",
  async () => {
    const { jobs } = await addWorker("w1");
    const coordinator = await addCoordinator();
    const request = { user_id: "u", thread_id: "t", timeout_minutes: 0.001 };
    const answer = await post(coordinator, "/v1/sessions", request);
    const { session_id: sessionId } = (await answer.json()) as SessionBody;
    await until(
      () =>
        jobs.some(({ kind }) => kind === "set-pool-target") &&
        jobs.some(({ kind }) => kind === "end-session"),
    );
    expect(jobs).toContainEqual({ kind: "end-session", sessionId, generation: 1 });
    expect(jobs).toContainEqual(expect.objectContaining({ kind: "set-pool-target", target: 3 }));
  },
  PATIENCE_MS,
);

describe("the process", () => {
  it(
    "ends with 0 after SIGTERM",
    async () => {
      await addWorker("w1");
      const coordinator = await addCoordinator();
      expect(await coordinator.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(coordinator.output).toContain("coordinator.stop");
    },
    PATIENCE_MS,
  );

  it(
    "starts and says what is missing while Redis is away and no worker is there",
    async () => {
      const coordinator = new ServerProcess({
        main: MAIN,
        directory,
        env: { ...env, REDIS_PORT: "1" },
      });
      coordinators.push(coordinator);
      await coordinator.spawn();
      await until(() => coordinator.output.includes("coordinator.listen"));
      const ready = await fetch(`${coordinator.url}/ready`);
      expect([ready.status, await ready.json()]).toMatchObject([
        503,
        { code: "REGISTRY_UNAVAILABLE" },
      ]);
      expect(await coordinator.end("SIGTERM")).toEqual({ code: 0, signal: null });
    },
    PATIENCE_MS,
  );

  const run = (args: string[], more = {}) =>
    spawnSync(process.execPath, [MAIN, ...args], { cwd: directory, env: more, encoding: "utf8" });

  it(
    "tells its version and its use, and refuses what it does not understand",
    () => {
      const version = execFileSync(process.execPath, [MAIN, "--version"], { encoding: "utf8" });
      expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
      const help = run(["--help"]);
      expect([help.status, help.stdout]).toEqual([0, expect.stringContaining("WORKERS")]);
      expect(run(["--what"]).status).toBe(64);
      const unset = run([]);
      expect([unset.status, unset.stderr]).toEqual([
        78,
        expect.stringContaining("REDIS_HOST is not set"),
      ]);
    },
    PATIENCE_MS,
  );
});
