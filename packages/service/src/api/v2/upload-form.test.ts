import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import request from "supertest";
import { HttpListener } from "../../http/http-listener.js";
import { createTestApi, createTestSession, withPath } from "../../testing/index.js";

const LIMIT = 1000;

let stagingDirectory: string;
let api: ReturnType<typeof createTestApi>;
let id: string;

beforeEach(async () => {
  stagingDirectory = await mkdtemp(join(tmpdir(), "upload-form-test-"));
  api = createTestApi({ maxFileBytes: LIMIT, ports: { stagingDirectory } });
  id = await createTestSession(api.app);
});

afterEach(async () => {
  // Removal may end after the answer, or after the connection is gone; what stays runs into the time limit.
  while ((await readdir(stagingDirectory)).length > 0) await setImmediate();
  await rm(stagingDirectory, { recursive: true });
});

async function expectNoFiles(): Promise<void> {
  const { body } = await request(api.app).get(`/list_files?session_id=${id}`);
  expect(body).toMatchObject({ total_files: 0 });
}

describe("a form that is refused leaves nothing", () => {
  const post = () => request(api.app).post("/upload_file");
  const big = Buffer.alloc(LIMIT + 1);

  it.each([
    ["without a session", () => post().attach("file", Buffer.from("x"), "a"), 400],
    ["without a file", () => post().field("session_id", id), 400],
    [
      "with a file under another name",
      () => post().field("session_id", id).attach("data", Buffer.from("x"), "a"),
      400,
    ],
    [
      "of an unknown session, first",
      () => post().field("session_id", "no").attach("file", Buffer.from("x"), "a"),
      404,
    ],
    [
      "of an unknown session, last",
      () => post().attach("file", Buffer.from("x"), "a").field("session_id", "no"),
      404,
    ],
    [
      "with a path that leads out",
      () => post().field("session_id", id).attach("file", Buffer.from("x"), withPath("../a")),
      400,
    ],
    [
      "with a file too large, session first",
      () => post().field("session_id", id).attach("file", big, "a"),
      413,
    ],
    [
      "with a file too large, session last",
      () => post().attach("file", big, "a").field("session_id", id),
      413,
    ],
  ])("%s", async (_case, form, status) => {
    await form().expect(status);
    await expectNoFiles();
  });

  it("declared far beyond the limit, before it is read", async () => {
    const { body } = await post()
      .field("session_id", id)
      .attach("file", Buffer.alloc(200_000), "a")
      .expect(413);
    expect(body).toMatchObject({ code: "FILE_TOO_LARGE", details: { uploaded_size_mb: 0.2 } });
  });

  it.each([
    ["no form at all", "application/json", "{}", 415],
    ["no boundary", "multipart/form-data", "x", 400],
    ["no multipart body", "multipart/form-data; boundary=b", "garbage", 400],
    ["an empty body", "multipart/form-data; boundary=b", "", 400],
    [
      "a body that ends in the file",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf',
      400,
    ],
  ])("%s", async (_case, type, body, status) => {
    await post().set("Content-Type", type).send(body).expect(status);
  });
});

it("takes exactly the limit", async () => {
  await request(api.app)
    .post("/upload_file")
    .field("session_id", id)
    .attach("file", Buffer.alloc(LIMIT), "a")
    .expect(200);
});

it("takes the first file and ignores others", async () => {
  await request(api.app)
    .post("/upload_file")
    .attach("file", Buffer.from("one"), "one")
    .attach("file", Buffer.from("two"), "two")
    .field("session_id", id)
    .expect(200);
  const { body } = await request(api.app).get(`/list_files?session_id=${id}`);
  expect(body).toMatchObject({ files: [{ name: "one" }], total_files: 1 });
});

describe("a form that is cut off", () => {
  it.each(["session first", "session last"])("leaves nothing (%s)", async (order) => {
    const { logger, clock } = api;
    const listener = new HttpListener(api.app, { logger, clock, requestTimeoutMs: 5000 });
    await listener.listen(0, "127.0.0.1");
    const session = `--b\r\nContent-Disposition: form-data; name="session_id"\r\n\r\n${id}\r\n`;
    const file = `--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf`;
    const socket = connect(listener.port, "127.0.0.1");
    socket.write(
      "POST /upload_file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900\r\n\r\n" +
        (order === "session first" ? session + file : file),
    );
    await new Promise<void>((resolve) => socket.end(resolve));
    socket.destroy();
    await listener.stop(5000);
    await expectNoFiles();
  });
});
