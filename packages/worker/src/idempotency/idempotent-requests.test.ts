import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import { sandboxError } from "@sandbox-system/contract";
import { bodyOf, createTestSession } from "@sandbox-system/service/testing";
import { composeFakeWorker } from "../testing/compose-fake-worker.js";

async function withSession() {
  const composed = composeFakeWorker();
  const id = await createTestSession(composed.app);
  const exec = (key: string, body: object = { command: "count" }) =>
    request(composed.app).post(`/v1/sessions/${id}/exec`).set("Idempotency-Key", key).send(body);
  composed.service.script("count", async ({ stdout, stderr }) => {
    await stdout(`run ${String(composed.service.started.length)}`);
    await stderr("noise");
    return { exitCode: 4 };
  });
  return { ...composed, id, exec };
}

describe("exec with an Idempotency-Key", () => {
  it("runs once; the second answer is the first, marked", async () => {
    const { service, exec } = await withSession();
    const first = await exec("k").expect(200);
    const second = await exec("k", { timeout: 30, command: "count" }).expect(200);
    expect(second.body).toEqual(first.body);
    expect(first.headers).not.toHaveProperty("idempotency-replayed");
    expect(second.headers["idempotency-replayed"]).toBe("true");
    expect(service.started).toHaveLength(1);
  });

  it("runs once for callers at the same time", async () => {
    const { service, exec } = await withSession();
    const answers = await Promise.all([exec("k"), exec("k"), exec("k")]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(service.started).toHaveLength(1);
  });

  it("answers 409 to another command under the same key", async () => {
    const { exec } = await withSession();
    await exec("k");
    const { body } = await exec("k", { command: "other" }).expect(409);
    expect(body).toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  });

  it.each([
    ["OPERATION_INTERRUPTED", {}, 1],
    ["OPERATION_INTERRUPTED", { admitted: false }, 2],
    ["WORKSPACE_SIZE_EXCEEDED", {}, 1],
    ["COMMAND_REJECTED", {}, 2],
    ["DRAINING", {}, 2],
  ] as const)("after %s %j the command is started %d time(s)", async (code, details, times) => {
    const { service, exec } = await withSession();
    service.script("fail", () => Promise.reject(sandboxError(code, "It failed.", { details })));
    const first = await exec("k", { command: "fail" });
    const second = await exec("k", { command: "fail" });
    expect(second.status).toBe(first.status);
    expect(second.body).toMatchObject({ error: "It failed.", code });
    expect(service.started).toHaveLength(times);
  });

  it.each(["with space", "ü", "x".repeat(256)])("refuses the key %j", async (key) => {
    const { service, exec } = await withSession();
    // Headers are Latin-1 on the wire.
    const { body } = await exec(Buffer.from(key).toString("latin1")).expect(400);
    expect(body).toMatchObject({ code: "INVALID_REQUEST" });
    expect(service.started).toEqual([]);
  });

  it("replays a streamed result as a stream and as JSON", async () => {
    const { service, exec } = await withSession();
    const stream = () => exec("k").set("Accept", "text/event-stream");
    const first = await stream().expect(200);
    const second = await stream().expect(200);
    expect(second.text).toBe(first.text);
    const json = await exec("k").expect(200);
    expect(json.body).toMatchObject({ exit_code: 4, stdout: "run 1", stderr: "noise" });
    expect(service.started).toHaveLength(1);
  });

  it("is another call in another session", async () => {
    const { app, service, exec } = await withSession();
    await exec("k");
    const other = await createTestSession(app, "other");
    await request(app)
      .post(`/v1/sessions/${other}/exec`)
      .set("Idempotency-Key", "k")
      .send({ command: "count" })
      .expect(200);
    expect(service.started).toHaveLength(2);
  });
});

it("session creation with a key answers as the first time", async () => {
  const { app } = composeFakeWorker();
  const create = () =>
    request(app)
      .post("/v1/sessions")
      .set("Idempotency-Key", "k")
      .send({ user_id: "u", thread_id: "t" });
  const first = await create().expect(201);
  const second = await create().expect(201);
  expect(second.body).toEqual(first.body);
  expect(bodyOf<{ status: string }>(second).status).toBe("created");
});
