import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { connect } from "node:net";
import request from "supertest";
import { HttpListener } from "../../http/http-listener.js";
import { bodyOf, createTestApi, createTestSession, rawRequest } from "../../testing/index.js";

async function withSession(maxFileBytes?: number) {
  const api = createTestApi(maxFileBytes === undefined ? {} : { maxFileBytes });
  const id = await createTestSession(api.app);
  return { ...api, id, files: `/v1/sessions/${id}/files` };
}

const BYTES = Buffer.from("0123456789");

describe("a file's way in and out", () => {
  it("uploads, lists, downloads and removes bytes exactly", async () => {
    const { app, files, id } = await withSession();
    const bytes = Buffer.from([0, 255, 10, 13, 0]);
    const put = await request(app).put(`${files}/dir/a.bin`).send(bytes).expect(201);
    expect(put.body).toEqual({
      status: "uploaded",
      filename: "dir/a.bin",
      path: "/workspace/dir/a.bin",
      size_bytes: 5,
    });
    const list = await request(app).get(files).expect(200);
    expect(list.body).toMatchObject({
      session_id: id,
      files: [{ name: "dir/a.bin", size_bytes: 5, permissions: "-rw-r--r--" }],
      total_files: 1,
      total_size_bytes: 5,
    });
    const got = await request(app).get(`${files}/dir/a.bin`).expect(200);
    expect(got.body).toEqual(bytes);
    await request(app).delete(`${files}/dir/a.bin`).expect(204);
    await request(app).delete(`${files}/dir/a.bin`).expect(404);
  });

  it("takes an empty body for an empty file", async () => {
    const { app, files } = await withSession();
    const { body } = await request(app).put(`${files}/empty`).expect(201);
    expect(body).toMatchObject({ size_bytes: 0 });
  });

  it("says what a browser must not do with it", async () => {
    const { app, files } = await withSession();
    await request(app).put(`${files}/a.html`).send(BYTES);
    const got = await request(app).get(`${files}/a.html`).expect(200);
    expect(got.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": expect.stringMatching(/^attachment; filename="?a\.html"?$/),
      "x-content-type-options": "nosniff",
      "content-length": "10",
      "accept-ranges": "bytes",
    });
  });

  it("answers HEAD with the size and without the bytes", async () => {
    const { app, files } = await withSession();
    await request(app).put(`${files}/a`).send(BYTES);
    const head = await request(app).head(`${files}/a`).expect(200);
    expect(head.headers["content-length"]).toBe("10");
    await request(app).head(`${files}/none`).expect(404);
  });
});

describe("Range", () => {
  it.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["bytes=8-99999999999999999999", "89", "bytes 8-9/10"],
  ])("%s sends that part", async (range, part, contentRange) => {
    const { app, files } = await withSession();
    await request(app).put(`${files}/a`).send(BYTES);
    const got = await request(app).get(`${files}/a`).set("Range", range).expect(206);
    expect(bodyOf<Buffer>(got).toString()).toBe(part);
    expect(got.headers["content-range"]).toBe(contentRange);
    expect(got.headers["content-length"]).toBe(String(part.length));
  });

  it.each(["bytes=10-", "bytes=99999999999999999999-", "bytes=-0"])(
    "%s lies outside: 416 with the size",
    async (range) => {
      const { app, files } = await withSession();
      await request(app).put(`${files}/a`).send(BYTES);
      const got = await request(app).get(`${files}/a`).set("Range", range).expect(416);
      expect(got.body).toMatchObject({
        code: "RANGE_NOT_SATISFIABLE",
        details: { size_bytes: 10 },
      });
      expect(got.headers["content-range"]).toBe("bytes */10");
    },
  );

  it.each(["bytes=0-1,3-4", "lines=1-2", "bytes=4-2", "bytes=-", "bytes"])(
    "%s is not understood: the whole file",
    async (range) => {
      const { app, files } = await withSession();
      await request(app).put(`${files}/a`).send(BYTES);
      const got = await request(app).get(`${files}/a`).set("Range", range).expect(200);
      expect(got.body).toEqual(BYTES);
    },
  );

  it("is passed over with If-Range", async () => {
    const { app, files } = await withSession();
    await request(app).put(`${files}/a`).send(BYTES);
    const headers = { Range: "bytes=0-1", "If-Range": '"x"' };
    await request(app).get(`${files}/a`).set(headers).expect(200);
  });
});

describe("paths on the wire", () => {
  let listener: HttpListener;
  let files: string;

  beforeEach(async () => {
    const api = await withSession(64);
    files = api.files;
    const { logger, clock } = api;
    listener = new HttpListener(api.app, { logger, clock, requestTimeoutMs: 5000 });
    await listener.listen(0, "127.0.0.1");
  });

  afterEach(async () => {
    await listener.stop(0);
  });

  const send = (method: string, path: string, body = "") =>
    rawRequest(
      listener.port,
      `${method} ${files}/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    );

  it.each([
    ["a%20b", "a b"],
    ["%E2%82%AC/x", "€/x"],
    ["100%25", "100%"],
    ["a%2520b", "a%20b"],
    ["-rf", "-rf"],
    ["a+b", "a+b"],
    ["a%0Ab", "a\nb"],
    ["a%3Fb%23c", "a?b#c"],
    ["a;b=c", "a;b=c"],
  ])("%s names %j: decoded exactly once", async (path, filename) => {
    const { status, body } = await send("PUT", path, "x");
    expect(status).toBe(201);
    expect(JSON.parse(body)).toHaveProperty("filename", Buffer.from(filename).toString("latin1"));
  });

  it.each([
    "../a",
    "a/../../b",
    "%2e%2e/a",
    "a/./b",
    "a//b",
    "/etc/passwd",
    "a/",
    "a%2Fb",
    "%2Fetc",
    "a%00b",
    "%",
    "%zz",
    "%ff",
    "%c0%ae",
    "x".repeat(256),
  ])("%s is refused as INVALID_PATH", async (path) => {
    for (const method of ["PUT", "GET", "DELETE"]) {
      const answer = await send(method, path);
      expect([method, answer.status]).toEqual([method, 400]);
      expect(JSON.parse(answer.body)).toMatchObject({ code: "INVALID_PATH" });
    }
  });

  it("refuses a file beyond the limit at once, and the client gets to read it", async () => {
    const socket = connect(listener.port, "127.0.0.1");
    socket.write(`PUT ${files}/big HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart`);
    const [chunk] = (await once(socket)) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1.1 413 /);
    expect(chunk.toString()).toContain('"max_size_mb":');
    // The rest of the body is taken, and the connection serves the next request.
    socket.write("x".repeat(996));
    socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    const [next] = (await once(socket)) as [Buffer];
    expect(next.toString()).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  it("refuses a file that passes the limit without having said so", async () => {
    const body = `40\r\n${"x".repeat(64)}\r\n1\r\nx\r\n0\r\n\r\n`;
    const answer = await rawRequest(
      listener.port,
      `PUT ${files}/big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );
    expect(answer.status).toBe(413);
    expect(answer.body).toContain("FILE_TOO_LARGE");
  });

  it("answers a client that waits for 100 Continue before it sends", async () => {
    const head = (size: number) =>
      `PUT ${files}/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${String(size)}\r\n\r\n`;
    const refused = await rawRequest(listener.port, head(1000));
    expect(refused.status).toBe(413);
    const socket = connect(listener.port, "127.0.0.1");
    socket.write(head(2));
    const [interim] = (await once(socket)) as [Buffer];
    expect(interim.toString()).toMatch(/^HTTP\/1.1 100 /);
    socket.write("ok");
    const [answer] = (await once(socket)) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 201 /);
    socket.destroy();
  });
});

describe("a cut-off upload", () => {
  it("leaves nothing behind", async () => {
    const { app, files, logger, clock } = await withSession();
    const listener = new HttpListener(app, { logger, clock, requestTimeoutMs: 5000 });
    await listener.listen(0, "127.0.0.1");
    const socket = connect(listener.port, "127.0.0.1");
    socket.write(`PUT ${files}/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart`);
    await new Promise<void>((resolve) => socket.end(resolve));
    socket.destroy();
    await listener.stop(5000);
    const { body } = await request(app).get(files);
    expect(body).toMatchObject({ total_files: 0 });
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        event: "http.request",
        fields: expect.objectContaining({ method: "PUT", outcome: "aborted" }),
      }),
    );
  });
});

it.each([
  ["Content-Encoding", "gzip", 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["Content-Range", "bytes 0-1/4", 400, "INVALID_REQUEST"],
])("an upload with %s is refused", async (header, value, status, code) => {
  const { app, files } = await withSession();
  const { body } = await request(app)
    .put(`${files}/a`)
    .set(header, value)
    .send(BYTES)
    .expect(status);
  expect(body).toMatchObject({ code });
});

function once(socket: NodeJS.EventEmitter): Promise<unknown[]> {
  return new Promise((resolve) =>
    socket.once("data", (...args: unknown[]) => {
      resolve(args);
    }),
  );
}
