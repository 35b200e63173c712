import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import { sandboxError } from "@sandbox-system/contract";
import { createTestApi, createTestSession, withPath } from "../../testing/index.js";

const CREATE = { user_id: "user", thread_id: "thread" };

describe("V2 sessions", () => {
  it("creates, finds, shows and cleans up", async () => {
    const { app } = createTestApi();
    await request(app).get("/get_session?thread_id=thread").expect(404);
    const made = await request(app).post("/create_session").send(CREATE).expect(200);
    expect(made.body).toMatchObject({ ...CREATE, status: "created" });
    const again = await request(app).post("/create_session").send(CREATE).expect(200);
    expect(again.body).toMatchObject({ status: "existing" });
    const id = await createTestSession(app);
    const found = await request(app).get("/get_session?thread_id=thread").expect(200);
    expect(found.body).toMatchObject({ session_id: id, status: "active" });
    const status = await request(app).get(`/status/${id}`).expect(200);
    expect(status.body).toEqual({
      status: "active",
      worker: "fake-worker",
      created_at: expect.any(String),
      last_activity: expect.any(String),
    });
    const cleaned = { status: "cleaned_up", session_id: id };
    await request(app).post("/cleanup").send({ session_id: id }).expect(200, cleaned);
    await request(app).post("/cleanup").send({ session_id: id }).expect(200, cleaned);
    await request(app).get(`/status/${id}`).expect(404);
  });

  it("ignores fields that it does not know, as the earlier system did", async () => {
    const { app } = createTestApi();
    await request(app)
      .post("/create_session")
      .send({ ...CREATE, colour: "red" })
      .expect(200);
  });
});

describe("V2 execute", () => {
  it("answers the result", async () => {
    const { app, sandboxes } = createTestApi();
    const session_id = await createTestSession(app);
    sandboxes.script("hi", async ({ stdout }) => {
      await stdout("hello");
      return {};
    });
    const { body } = await request(app)
      .post("/execute")
      .send({ session_id, command: "hi", timeout: 5 })
      .expect(200);
    expect(body).toMatchObject({ exit_code: 0, stdout: "hello", stderr: "" });
    expect(sandboxes.started).toEqual([{ command: "hi", timeoutMs: 5000 }]);
  });

  it.each([
    ["COMMAND_REJECTED", 400],
    ["SESSION_EXPIRED", 404],
    ["OPERATION_INTERRUPTED", 503],
    ["WORKSPACE_SIZE_EXCEEDED", 507],
  ] as const)("answers %s with %d", async (code, status) => {
    const { app, sandboxes } = createTestApi();
    const session_id = await createTestSession(app);
    sandboxes.script("x", () => Promise.reject(sandboxError(code, "It failed.")));
    const { body } = await request(app)
      .post("/execute")
      .send({ session_id, command: "x" })
      .expect(status);
    expect(body).toMatchObject({ error: "It failed.", code });
  });

  it("answers 404 for a session that nobody knows", async () => {
    const { app } = createTestApi();
    await request(app).post("/execute").send({ session_id: "x", command: "y" }).expect(404);
  });
});

describe("V2 files", () => {
  it.each(["session first", "file first"])("uploads with the %s", async (order) => {
    const { app } = createTestApi();
    const id = await createTestSession(app);
    const bytes = Buffer.from([0, 1, 255, 13, 10]);
    const form = request(app).post("/upload_file");
    if (order === "session first")
      form.field("session_id", id).attach("file", bytes, withPath("dir/ü.bin"));
    else form.attach("file", bytes, withPath("dir/ü.bin")).field("session_id", id);
    const { body } = await form.expect(200);
    expect(body).toEqual({
      status: "uploaded",
      filename: "dir/ü.bin",
      path: "/workspace/dir/ü.bin",
      size_bytes: 5,
    });
    const list = await request(app).get(`/list_files?session_id=${id}`).expect(200);
    expect(list.body).toMatchObject({ total_files: 1, total_size_bytes: 5 });
    const got = await request(app)
      .post("/download_file")
      .send({ session_id: id, filename: "dir/ü.bin" })
      .expect(200);
    expect(got.body).toEqual(bytes);
    expect(got.headers["content-disposition"]).toContain("filename*=UTF-8''%C3%BC.bin");
  });

  it("answers 404 for a file that is not there", async () => {
    const { app } = createTestApi();
    const session_id = await createTestSession(app);
    const { body } = await request(app)
      .post("/download_file")
      .send({ session_id, filename: "none" })
      .expect(404);
    expect(body).toMatchObject({ code: "FILE_NOT_FOUND" });
  });
});
