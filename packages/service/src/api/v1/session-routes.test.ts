import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import type { ErrorBody, SessionBody } from "@sandbox-system/contract";
import { bodyOf, createTestApi, createTestSession } from "../../testing/index.js";

const CREATE = { user_id: "user", thread_id: "thread" };

describe("POST /v1/sessions", () => {
  it("answers 201 created, then 200 existing with the same session", async () => {
    const { app } = createTestApi();
    const first = await request(app).post("/v1/sessions").send(CREATE).expect(201);
    const second = await request(app).post("/v1/sessions").send(CREATE).expect(200);
    expect(first.body).toMatchObject({ ...CREATE, status: "created", workspace_dir: "/workspace" });
    expect(second.body).toMatchObject({
      session_id: bodyOf<SessionBody>(first).session_id,
      status: "existing",
    });
  });

  it("passes on timeout, environment and metadata", async () => {
    const { app, clock } = createTestApi();
    const answer = await request(app)
      .post("/v1/sessions")
      .send({ ...CREATE, timeout_minutes: 5, env: { A: "1" }, metadata: { team: "x" } })
      .expect(201);
    expect(answer.body).toMatchObject({ metadata: { team: "x" } });
    expect(Date.parse(bodyOf<SessionBody>(answer).expires_at)).toBe(clock.now() + 5 * 60_000);
  });

  it("passes a refusal on with its Retry-After", async () => {
    const { app, sandboxes } = createTestApi();
    sandboxes.refuseSessions = "POOL_EXHAUSTED";
    const { body } = await request(app)
      .post("/v1/sessions")
      .send(CREATE)
      .expect(503)
      .expect("Retry-After", "2");
    expect(body).toMatchObject({ code: "POOL_EXHAUSTED" });
  });

  it.each([
    ["a missing field", { user_id: "user" }, "body.thread_id"],
    ["a wrong type", { ...CREATE, timeout_minutes: "5" }, "body.timeout_minutes"],
    ["a value out of range", { ...CREATE, timeout_minutes: 0 }, "body.timeout_minutes"],
    ["a control character", { user_id: "a\nb", thread_id: "t" }, "body.user_id"],
    ["a bad variable name", { ...CREATE, env: { "A-B": "1" } }, "body.env.A-B"],
  ])("refuses %s and names the field", async (_case, body, field) => {
    const { app, sandboxes } = createTestApi();
    const answer = await request(app).post("/v1/sessions").send(body).expect(400);
    expect(answer.body).toMatchObject({
      code: "INVALID_REQUEST",
      error: expect.stringContaining(field),
      details: { faults: [expect.objectContaining({ field })] },
    });
    expect(sandboxes.sessionCount).toBe(0);
  });

  it("refuses an unknown field and names it", async () => {
    const { app } = createTestApi();
    const answer = await request(app)
      .post("/v1/sessions")
      .send({ ...CREATE, colour: "red" })
      .expect(400);
    expect(bodyOf<ErrorBody>(answer).error).toContain("colour");
  });
});

describe("GET /v1/sessions", () => {
  it("pages through a tenant's sessions and filters them", async () => {
    const { app } = createTestApi();
    for (const thread_id of ["a", "b", "c"])
      await request(app).post("/v1/sessions").send({ user_id: "u", thread_id });
    const page = await request(app).get("/v1/sessions?limit=2").expect(200);
    const first = bodyOf<{ sessions: unknown[]; next_cursor: string }>(page);
    expect(first.sessions).toHaveLength(2);
    const rest = await request(app).get(`/v1/sessions?limit=2&cursor=${first.next_cursor}`);
    expect(rest.body).toMatchObject({ sessions: [{ thread_id: "c" }], next_cursor: null });
    const one = await request(app).get("/v1/sessions?thread_id=b");
    expect(one.body).toMatchObject({ sessions: [{ thread_id: "b" }] });
  });

  it.each(["limit=0", "limit=1001", "limit=x", "colour=red", "limit=1&limit=2"])(
    "refuses ?%s",
    async (query) => {
      const answer = await request(createTestApi().app).get(`/v1/sessions?${query}`).expect(400);
      expect(answer.body).toMatchObject({ code: "INVALID_REQUEST" });
    },
  );
});

describe("GET and DELETE /v1/sessions/{session_id}", () => {
  it("shows a session, ends it, and ends it again", async () => {
    const { app } = createTestApi();
    const url = `/v1/sessions/${await createTestSession(app)}`;
    await request(app).get(url).expect(200);
    await request(app).delete(url).expect(204, "");
    await request(app).delete(url).expect(204);
    const gone = await request(app).get(url).expect(404);
    expect(gone.body).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it.each(["SESSION_EXPIRED", "SESSION_LOST"] as const)("answers 404 %s", async (code) => {
    const { app, sandboxes } = createTestApi();
    const id = await createTestSession(app);
    sandboxes.end(id, code);
    const answer = await request(app).get(`/v1/sessions/${id}`).expect(404);
    expect(answer.body).toMatchObject({ code });
  });
});
