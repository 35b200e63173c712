import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type {
  ExecResultBody,
  FileListingBody,
  HealthBody,
  SessionBody,
} from "@sandbox-system/contract";
import { until } from "@sandbox-system/service/testing";
import { WorkerProcess } from "./testing/worker-process.js";

jest.setTimeout(60_000);

const MIB = 1024 ** 2;
const JSON_TYPE = { "Content-Type": "application/json" };

/** A client of one worker, no cleverer than curl. */
function clientOf(worker: WorkerProcess) {
  const call = (method: string, path: string, init: RequestInit = {}) =>
    fetch(worker.url + path, { method, ...init });
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    call("POST", path, { headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
  const session = async (threadId: string): Promise<string> => {
    const answer = await post("/v1/sessions", { user_id: "u", thread_id: threadId });
    return ((await answer.json()) as SessionBody).session_id;
  };
  const exec = async (id: string, command: string): Promise<ExecResultBody> => {
    const answer = await post(`/v1/sessions/${id}/exec`, { command });
    return (await answer.json()) as ExecResultBody;
  };
  return { call, post, session, exec };
}

describe("a running worker", () => {
  const worker = new WorkerProcess();
  const { call, post, session, exec } = clientOf(worker);

  beforeAll(() => worker.start());
  afterAll(() => worker.cleanUp());

  it("keeps files between commands (V1)", async () => {
    const id = await session("v1");
    await exec(id, `echo '{"data": [1,2,3]}' > data.json`);
    expect(await exec(id, "cat data.json; echo oops >&2; exit 3")).toMatchObject({
      exit_code: 3,
      stdout: '{"data": [1,2,3]}\n',
      stderr: "oops\n",
      timed_out: false,
    });
    const listing = await call("GET", `/v1/sessions/${id}/files`);
    expect(((await listing.json()) as FileListingBody).files).toMatchObject([
      { name: "data.json" },
    ]);
    expect((await call("DELETE", `/v1/sessions/${id}`)).status).toBe(204);
    expect((await call("GET", `/v1/sessions/${id}`)).status).toBe(404);
  });

  it("serves clients of the earlier system (V2)", async () => {
    const created = await post("/create_session", {
      user_id: "u",
      thread_id: "v2",
      timeout_minutes: 5,
    });
    const { session_id } = (await created.json()) as SessionBody;
    for (const order of ["session first", "file first"]) {
      const form = new FormData();
      if (order === "session first") form.set("session_id", session_id);
      form.set("file", new Blob([order]), `${order}.txt`);
      if (order === "file first") form.set("session_id", session_id);
      expect((await call("POST", "/upload_file", { body: form })).status).toBe(200);
    }
    const executed = await post("/execute", { session_id, command: "cat *.txt", timeout: 5 });
    expect(await executed.json()).toMatchObject({ stdout: "file firstsession first" });
    const file = await post("/download_file", { session_id, filename: "file first.txt" });
    expect(await file.text()).toBe("file first");
    const listing = await call("GET", `/list_files?session_id=${session_id}`);
    expect(await listing.json()).toMatchObject({ total_files: 2 });
    const cleaned = await post("/cleanup", { session_id });
    expect(await cleaned.json()).toEqual({ status: "cleaned_up", session_id });
    expect((await call("GET", `/status/${session_id}`)).status).toBe(404);
  });

  it("streams output while the command runs, and kills it when the client leaves", async () => {
    const id = await session("sse");
    const controller = new AbortController();
    const answer = await fetch(`${worker.url}/v1/sessions/${id}/exec`, {
      method: "POST",
      headers: { ...JSON_TYPE, Accept: "text/event-stream" },
      body: JSON.stringify({ command: "echo begun; sleep 300; echo survived > mark" }),
      signal: controller.signal,
    });
    const first = await answer.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toContain('"data":"begun\\n"');
    controller.abort();
    await until(
      async () => (await exec(id, "grep -lz ^sleep /proc/[0-9]*/cmdline")).exit_code !== 0,
    );
    expect((await exec(id, "ls")).stdout).toBe("");
  });

  it("runs a command with an Idempotency-Key once", async () => {
    const id = await session("idempotent");
    const run = () =>
      post(
        `/v1/sessions/${id}/exec`,
        { command: "echo x >> runs; wc -l < runs" },
        { "Idempotency-Key": "k" },
      );
    const [one, two] = await Promise.all([run(), run()]);
    expect(await one.text()).toBe(await two.text());
    expect((await exec(id, "cat runs")).stdout).toBe("x\n");
  });

  it("moves 100 MB up and down byte for byte in flat memory", async () => {
    const id = await session("big");
    const url = `${worker.url}/v1/sessions/${id}/files/big.bin`;
    const bytes = Buffer.alloc(100 * MIB, "sandbox ");
    const hash = createHash("sha256").update(bytes).digest("hex");
    const before = worker.rssBytes();
    let peak = before;
    const timer = setInterval(() => (peak = Math.max(peak, worker.rssBytes())), 50);
    try {
      expect((await fetch(url, { method: "PUT", body: bytes })).status).toBe(201);
      expect((await exec(id, "sha256sum < big.bin")).stdout).toContain(hash);
      const down = createHash("sha256");
      const answer = await fetch(url);
      for await (const chunk of answer.body ?? []) down.update(chunk as Uint8Array);
      expect(down.digest("hex")).toBe(hash);
    } finally {
      clearInterval(timer);
    }
    expect(peak - before).toBeLessThan(64 * MIB);
    await call("DELETE", `/v1/sessions/${id}`);
  });

  it("leaves nothing of an upload that is one byte too large", async () => {
    const id = await session("too-large");
    const url = `${worker.url}/v1/sessions/${id}/files/big.bin`;
    const refused = await fetch(url, { method: "PUT", body: Buffer.alloc(100 * MIB + 1) });
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      code: "FILE_TOO_LARGE",
      details: { max_size_mb: 100, uploaded_size_mb: 100.01 },
    });
    expect((await exec(id, "ls -A")).stdout).toBe("");
  });
});

describe("the end of a worker", () => {
  it("SIGTERM lets a running command finish, removes the containers and exits 0", async () => {
    const worker = new WorkerProcess();
    const { session, exec } = clientOf(worker);
    try {
      await worker.start();
      const id = await session("t");
      const running = exec(id, "touch begun; sleep 2; echo finished");
      await until(async () => (await exec(id, "ls")).stdout === "begun\n");
      const exit = worker.end("SIGTERM");
      expect(await running).toMatchObject({ exit_code: 0, stdout: "finished\n" });
      expect(await exit).toEqual({ code: 0, signal: null });
      expect(worker.containers()).toEqual([]);
    } finally {
      await worker.cleanUp();
    }
  });

  it("a second signal ends it at once", async () => {
    const worker = new WorkerProcess();
    const { session, exec } = clientOf(worker);
    try {
      await worker.start();
      const id = await session("t");
      exec(id, "touch begun; sleep 300").catch(() => undefined);
      await until(async () => (await exec(id, "ls")).stdout === "begun\n");
      const exit = worker.end("SIGTERM");
      await until(() => worker.output.includes("worker.drain"));
      await worker.end("SIGTERM");
      expect(await exit).toEqual({ code: 1, signal: null });
    } finally {
      await worker.cleanUp();
    }
  });

  it("after kill -9 its successor takes the sessions over and removes the rest", async () => {
    const worker = new WorkerProcess();
    const { session, exec } = clientOf(worker);
    try {
      await worker.start({ POOL_SIZE: "2" });
      const id = await session("t");
      await exec(id, "echo kept > file; (while sleep 0.1; do date >> beats; done) &> /dev/null &");
      await until(() => worker.containers().length === 3);
      const before = worker.containers();
      await worker.end("SIGKILL");
      await worker.start({ POOL_SIZE: "0" });
      await until(() => worker.containers().length === 1);
      expect(before).toEqual(expect.arrayContaining(worker.containers()));
      const beats = async () => Number((await exec(id, "cat file; wc -l < beats")).stdout.slice(5));
      const then = await beats();
      await until(async () => (await beats()) > then);
    } finally {
      await worker.cleanUp();
    }
  });

  it("SIGTERM leaves the sessions for a successor if it is told to", async () => {
    const worker = new WorkerProcess({ SHUTDOWN_SESSIONS: "keep" });
    const { session, exec } = clientOf(worker);
    try {
      await worker.start();
      const id = await session("t");
      await exec(id, "echo kept > file");
      expect(await worker.end("SIGTERM")).toEqual({ code: 0, signal: null });
      expect(worker.containers()).toHaveLength(1);
      await worker.start();
      expect(await exec(id, "cat file")).toMatchObject({ stdout: "kept\n" });
    } finally {
      await worker.cleanUp();
    }
  });
});

describe("a start that fails", () => {
  it("names every fault of the configuration and exits 78", async () => {
    const worker = new WorkerProcess();
    try {
      await worker.spawn({ PORT: "x", POOL_SIZE: "many", API_KEYS: "hunter two" });
      expect(await worker.exited()).toEqual({ code: 78, signal: null });
      for (const text of ["3 fault(s)", "PORT=", "POOL_SIZE=", "API_KEYS=(secret)"])
        expect(worker.output).toContain(text);
      expect(worker.output).not.toContain("hunter");
    } finally {
      await worker.cleanUp();
    }
  });

  it("says that the port is taken and exits 1", async () => {
    const worker = new WorkerProcess();
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      await worker.spawn({ PORT: String(port) });
      expect(await worker.exited()).toEqual({ code: 1, signal: null });
      expect(worker.output).toContain(`Port ${String(port)} on 127.0.0.1 is already in use.`);
      expect(worker.containers()).toEqual([]);
    } finally {
      taken.close();
      await worker.cleanUp();
    }
  });

  it("without an engine it runs, says that it cannot serve, and still ends on SIGTERM", async () => {
    const worker = new WorkerProcess();
    try {
      await worker.spawn({ DOCKER_HOST: "unix:///nonexistent/docker.sock" });
      await until(async () => (await statusOf(`${worker.url}/health`)) === 503);
      const health = (await (await fetch(`${worker.url}/health`)).json()) as HealthBody;
      expect(health).toMatchObject({ status: "unhealthy" });
      expect(health.warnings.join()).toMatch(/engine|docker/i);
      const ready = await fetch(`${worker.url}/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
      expect(await worker.end("SIGTERM")).toEqual({ code: 0, signal: null });
    } finally {
      await worker.cleanUp();
    }
  });
});

async function statusOf(url: string): Promise<number> {
  try {
    return (await fetch(url)).status;
  } catch {
    return 0;
  }
}
