import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Environment, HealthBody, SessionBody } from "@sandbox-system/contract";
import { composeTestCoordinator } from "../testing/compose-test-coordinator.js";
import type { FakeWorker } from "../testing/fake-worker.js";
import { settle } from "../testing/outcomes.js";
import { TestCluster } from "../testing/test-cluster.js";
import { workerInfo } from "../testing/worker-info.js";

let cluster: TestCluster;
let worker: FakeWorker;
const running: ReturnType<typeof composeTestCoordinator>[] = [];

beforeEach(async () => {
  cluster = new TestCluster();
  worker = await cluster.addWorker("w1");
});

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ coordinator }) => coordinator.stop("over", 0)));
  await cluster.close();
});

async function listen(env: Environment = {}) {
  const composed = composeTestCoordinator(cluster, env);
  running.push(composed);
  await composed.coordinator.listen();
  const url = `http://127.0.0.1:${String(composed.coordinator.port)}`;
  const get = async (path: string) => {
    const answer = await fetch(url + path);
    return { status: answer.status, body: await answer.json() };
  };
  const post = (path: string, body: unknown, headers = {}) =>
    fetch(url + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const session = async (threadId = "t"): Promise<string> => {
    const answer = await post("/v1/sessions", { user_id: "u", thread_id: threadId });
    return ((await answer.json()) as SessionBody).session_id;
  };
  return { ...composed, url, get, post, session };
}

describe("the API", () => {
  it("is a worker's own: sessions, commands, files", async () => {
    const { url, get, post } = await listen();
    worker.room.inner.script("greet", async ({ stdout }) => {
      await stdout("hi");
      return {};
    });
    const created = await post("/v1/sessions", { user_id: "u", thread_id: "t" });
    expect(created.status).toBe(201);
    const { session_id: id, worker_id: workerId } = (await created.json()) as SessionBody;
    expect(workerId).toBe("w1");
    expect((await post("/v1/sessions", { user_id: "u", thread_id: "t" })).status).toBe(200);
    const result = await post(`/v1/sessions/${id}/exec`, { command: "greet" });
    expect(await result.json()).toMatchObject({ exit_code: 0, stdout: "hi" });
    const file = `${url}/v1/sessions/${id}/files/a%20b.txt`;
    expect((await fetch(file, { method: "PUT", body: "hello" })).status).toBe(201);
    expect(await (await fetch(file)).text()).toBe("hello");
    const part = await fetch(file, { headers: { Range: "bytes=-2" } });
    expect(part.headers.get("content-range")).toBe("bytes 3-4/5");
    expect(await part.text()).toBe("lo");
    expect((await fetch(file, { method: "HEAD" })).headers.get("content-length")).toBe("5");
    expect((await fetch(file, { headers: { Range: "bytes=9-" } })).status).toBe(416);
    expect((await fetch(file, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(file, { method: "HEAD" })).status).toBe(404);
    expect(await get("/v1/sessions?thread_id=t")).toMatchObject({
      body: { sessions: [{ session_id: id }], next_cursor: null },
    });
    expect((await fetch(`${url}/v1/sessions/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await get(`/v1/sessions/${id}`)).toMatchObject({ status: 404 });
  });

  it("has the routes of the earlier system too", async () => {
    const { url, post, session, get } = await listen();
    const id = await session();
    const form = new FormData();
    form.append("session_id", id);
    form.append("file", new Blob(["data"]), "in.csv");
    expect((await fetch(`${url}/upload_file`, { method: "POST", body: form })).status).toBe(200);
    expect(await get(`/list_files?session_id=${id}`)).toMatchObject({ body: { total_files: 1 } });
    const names = { session_id: id, filename: "/workspace/in.csv" };
    expect(await (await post("/download_file", names)).text()).toBe("data");
    expect(await get("/get_session?thread_id=t")).toMatchObject({ status: 200 });
    expect(await (await post("/cleanup", { session_id: id })).json()).toMatchObject({
      status: "cleaned_up",
    });
  });

  it("sends the request's id on to the worker, and none of its own key", async () => {
    const { post } = await listen({ API_KEYS: "acme:0123456789abcdef" });
    const headers = { "X-API-Key": "0123456789abcdef", "X-Request-Id": "req-of-mine" };
    const answer = await post("/v1/sessions", { user_id: "u", thread_id: "t" }, headers);
    expect(answer.status).toBe(201);
    expect(worker.requests[0]?.headers).toMatchObject({
      "x-request-id": "req-of-mine",
      "x-sandbox-tenant": "acme",
      authorization: "Bearer cluster-token",
    });
    expect(JSON.stringify(worker.requests[0]?.headers)).not.toContain("0123456789abcdef");
  });

  it("passes commands' idempotency keys on, and says that an answer is a memory", async () => {
    const { post, session } = await listen();
    const id = await session();
    worker.intercept = (_request, response) => {
      response.setHeader("Idempotency-Replayed", "true");
      return false;
    };
    const headers = { "Idempotency-Key": "k1" };
    const answer = await post(`/v1/sessions/${id}/exec`, { command: "a" }, headers);
    expect(answer.headers.get("idempotency-replayed")).toBe("true");
    expect(worker.requests.at(-1)?.headers["idempotency-key"]).toBe("k1");
  });

  it("gives the workers' policy, asked for once, and lists and drains them", async () => {
    const { url, get } = await listen();
    expect(await get("/v1/policy")).toMatchObject({ body: { allowed_commands: ["ls"] } });
    await get("/v1/policy");
    expect(worker.requests).toHaveLength(1);
    expect(await get("/v1/workers")).toMatchObject({
      body: { workers: [{ worker_id: "w1", status: "active", url: worker.url }] },
    });
    const drain = (id: string) => fetch(`${url}/v1/workers/${id}/drain`, { method: "POST" });
    expect((await drain("nobody")).status).toBe(404);
    expect((await drain("w1")).status).toBe(202);
    expect(worker.node.drained).toEqual(["w1"]);
  });

  it("shows the coordinator's numbers", async () => {
    const { url, session } = await listen();
    await session();
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain(`sandbox_placements_total{outcome="created"} 1`);
    expect(text).toContain(`sandbox_workers{state="active"} 1`);
    expect(text).toContain(`sandbox_routed_calls_total{outcome="held"} 0`);
    expect(text).toContain("sandbox_redis_connected 1");
  });
});

describe("health", () => {
  it("adds the workers up", async () => {
    await cluster.addWorker("w2", {
      activeSessions: 3,
      pool: { available: 1, allocated: 3, total: 5, max_capacity: 20 },
    });
    const { get } = await listen();
    const { status, body } = await get("/health");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "healthy",
      worker_id: "c1",
      pool: { available: 3, allocated: 3, total: 7, max_capacity: 30 },
      active_sessions: 3,
      redis_connected: true,
      version: "1.2.3",
      warnings: [],
      workers: [{ worker_id: "w1" }, { worker_id: "w2" }],
    });
    expect(await get("/ready")).toEqual({ status: 200, body: { status: "ready" } });
  });

  it("is bad when no worker serves", async () => {
    cluster.lose("w1");
    const { get } = await listen();
    const { status, body } = await get("/health");
    expect(status).toBe(503);
    expect((body as HealthBody).warnings.join()).toContain("No worker serves");
    expect(await get("/ready")).toMatchObject({
      status: 503,
      body: { code: "NO_WORKERS_AVAILABLE" },
    });
  });

  it("is degraded while all workers drain, and while Redis is away", async () => {
    const { get, redis } = await listen();
    cluster.directory.set(workerInfo({ url: worker.url, state: "draining" }));
    expect(await get("/health")).toMatchObject({ status: 200, body: { status: "degraded" } });
    cluster.directory.set(workerInfo({ url: worker.url }));
    expect(await get("/ready")).toMatchObject({ status: 200 });
    redis.connected = false;
    expect(await get("/health")).toMatchObject({
      status: 200,
      body: { status: "degraded", redis_connected: false },
    });
    // It serves the sessions that there are.
    expect(await get("/ready")).toMatchObject({ status: 200 });
  });

  it("is not there before Redis was", async () => {
    const { get, redis } = await listen();
    redis.connected = false;
    expect(await get("/ready")).toMatchObject({
      status: 503,
      body: { code: "REGISTRY_UNAVAILABLE" },
    });
  });

  it("names addresses at which no worker answers", async () => {
    const away = await cluster.addWorker("w9");
    const { url } = away;
    await away.stop();
    const { get } = await listen({ WORKERS: `${worker.url},${url}` });
    let warnings: readonly string[] = [];
    while (warnings.length === 0) warnings = ((await get("/health")).body as HealthBody).warnings;
    expect(warnings).toEqual([`WORKERS: no worker answers at ${url}.`]);
  });
});

describe("start and stop", () => {
  it("says where it listens, and that anybody may run commands when that is so", async () => {
    const { logger, url } = await listen({ HOST: "0.0.0.0" });
    expect(logger.lines[0]).toMatchObject({
      event: "coordinator.listen",
      fields: { url: url.replace("127.0.0.1", "localhost"), coordinatorId: "c1" },
    });
    expect(logger.events()).toContain("auth.disabled");
  });

  it("lets running requests finish, tells meanwhile that it is about to go, then closes", async () => {
    const { coordinator, post, session, get, url } = await listen();
    const id = await session();
    let finish = (): void => undefined;
    worker.room.inner.script("long", async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return { exitCode: 7 };
    });
    const call = post(`/v1/sessions/${id}/exec`, { command: "long" });
    await settle(() => worker.room.inner.started.length === 1);
    const stopped = coordinator.stop("test");
    expect(coordinator.phase).toBe("draining");
    expect(await get("/ready")).toMatchObject({ status: 503, body: { code: "DRAINING" } });
    finish();
    expect(await (await call).json()).toMatchObject({ exit_code: 7 });
    await stopped;
    expect(coordinator.phase).toBe("stopped");
    await expect(fetch(url)).rejects.toThrow();
    await coordinator.stop("again");
    await coordinator.finished;
  });

  it("cuts what does not finish in time", async () => {
    const { coordinator, post, session } = await listen();
    const id = await session();
    let killed: Promise<void> | undefined;
    worker.room.inner.script("endless", async (process) => {
      killed = process.killed;
      await process.killed;
      return {};
    });
    const call = post(`/v1/sessions/${id}/exec`, { command: "endless" }).catch(() => "cut");
    await settle(() => killed !== undefined);
    await coordinator.stop("test", 0);
    expect(await call).toBe("cut");
    await killed;
  });
});
