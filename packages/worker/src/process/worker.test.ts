import { afterEach, describe, expect, it } from "@jest/globals";
import type { Environment } from "@sandbox-system/contract";
import { composeFakeWorker } from "../testing/compose-fake-worker.js";
import { Gate } from "./gate.js";

type Composed = ReturnType<typeof composeFakeWorker>;

const running: Composed[] = [];

afterEach(async () => {
  for (const { worker, service } of running.splice(0)) {
    service.stopping = Promise.resolve();
    await worker.stop("test is over");
  }
});

async function listen(
  env: Environment = {},
  prepare: (composed: Composed) => void = () => undefined,
) {
  const composed = composeFakeWorker(env);
  running.push(composed);
  prepare(composed);
  await composed.worker.listen();
  const url = `http://127.0.0.1:${String(composed.worker.port)}`;
  const get = async (path: string) => {
    const answer = await fetch(url + path);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { ...composed, url, get };
}

describe("start", () => {
  it("listens, serves, and says where", async () => {
    const { worker, logger, get, url } = await listen();
    expect(await get("/ready")).toEqual({ status: 200, body: { status: "ready" } });
    expect(worker.phase).toBe("serving");
    expect(logger.lines[0]).toMatchObject({
      event: "worker.listen",
      fields: { url, docs: `${url}/docs`, version: "1.2.3", workerId: "fake-worker" },
    });
  });

  it("answers that it cannot serve while the engine is away, and why, and recovers", async () => {
    const back = new Gate();
    const { service, get } = await listen({}, ({ service }) => {
      service.engineConnected = false;
      service.starting = back.passed;
    });
    const ready = await get("/ready");
    expect(ready).toMatchObject({
      status: 503,
      body: { code: "ENGINE_UNAVAILABLE", error: "The container engine does not answer." },
    });
    expect(await get("/health")).toMatchObject({
      status: 503,
      body: { status: "unhealthy", warnings: ["The container engine does not answer."] },
    });
    service.engineConnected = true;
    back.open();
    await back.passed;
    expect(await get("/ready")).toMatchObject({ status: 200 });
    expect(await get("/health")).toMatchObject({ status: 200, body: { status: "healthy" } });
  });

  it("says that it is still starting", async () => {
    const { get } = await listen({}, ({ service }) => {
      service.starting = new Gate().passed;
    });
    expect(await get("/ready")).toMatchObject({
      status: 503,
      body: { error: "The worker is still starting." },
    });
  });

  it("is over when the engine room cannot start at all", async () => {
    const { worker } = await listen({}, ({ service }) => {
      const failed = new Gate();
      failed.fail(new Error("another worker has this name"));
      service.starting = failed.passed;
    });
    await expect(worker.finished).rejects.toThrow("another worker has this name");
  });

  it.each([
    [{ HOST: "0.0.0.0" }, 1],
    [{ HOST: "127.0.0.1" }, 0],
    [{ HOST: "0.0.0.0", API_KEYS: "a:0123456789abcdef" }, 0],
  ])("%j warns %d time(s) that anybody may run commands", async (env, times) => {
    const { logger } = await listen(env);
    expect(logger.events().filter((event) => event === "auth.disabled")).toHaveLength(times);
  });

  it("warns of short keys by their tenant", async () => {
    const { logger } = await listen({ API_KEYS: "a:short" });
    const line = logger.lines.find(({ event }) => event === "auth.weak-key");
    expect(line?.fields).toEqual({ tenant: "a", warning: expect.any(String) });
  });
});

describe("stop", () => {
  it("drains first: the port answers, new sessions are refused, then everything is closed", async () => {
    const { worker, service, get, url } = await listen({ SHUTDOWN_GRACE_SECONDS: "7" });
    await get("/ready");
    const commandsDone = new Gate();
    service.stopping = commandsDone.passed;
    const stopped = worker.stop("test");
    expect(service.stops).toEqual([7000]);
    expect(await get("/ready")).toMatchObject({ status: 503, body: { code: "DRAINING" } });
    expect(await get("/health")).toMatchObject({ status: 200, body: { status: "degraded" } });
    const refused = await fetch(`${url}/v1/sessions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"user_id":"u","thread_id":"t"}',
    });
    expect(refused.status).toBe(503);
    commandsDone.open();
    await stopped;
    expect(worker.phase).toBe("stopped");
    await expect(fetch(url)).rejects.toThrow();
    await expect(worker.finished).resolves.toBeUndefined();
  });

  it("happens once, however often it is asked for", async () => {
    const { worker, service } = await listen();
    await Promise.all([worker.stop("one"), worker.stop("two")]);
    await worker.stop("three");
    expect(service.stops).toHaveLength(1);
  });

  it("closes the port even when the engine room fails to stop", async () => {
    const { worker, service, logger, url } = await listen();
    const failed = new Gate();
    failed.fail(new Error("engine away"));
    service.stopping = failed.passed;
    await worker.stop("test");
    await expect(fetch(url)).rejects.toThrow();
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: "error", event: "worker.drain" }),
    );
  });
});

describe("POST /v1/workers/{id}/drain", () => {
  it("takes this worker out of service without ending it", async () => {
    const { worker, get, url } = await listen();
    const drain = (id: string) => fetch(`${url}/v1/workers/${id}/drain`, { method: "POST" });
    expect((await drain("other")).status).toBe(404);
    expect((await drain("fake-worker")).status).toBe(202);
    expect((await drain("fake-worker")).status).toBe(202);
    expect(await get("/v1/workers")).toMatchObject({ body: { workers: [{ status: "draining" }] } });
    expect(await get("/ready")).toMatchObject({ status: 503 });
    expect(worker.phase).toBe("serving");
  });
});

it("/metrics shows the engine room's numbers", async () => {
  const { url } = await listen();
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain("sandbox_pool_available 2");
  expect(text).toContain("sandbox_engine_connected 1");
});
