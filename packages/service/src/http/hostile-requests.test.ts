import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import { createTestApi } from "../testing/index.js";

const URL = "/v1/sessions";
const post = () => request(createTestApi().app).post(URL);
const json = (body: string) => post().set("Content-Type", "application/json").send(body);

describe("a body that cannot be used", () => {
  it.each([
    ["not JSON", "{"],
    ["a word", "hello"],
    ["an open string", '"'],
    ["a trailing comma", '{"user_id":"u",}'],
    ["a number", "1"],
    ["null", "null"],
    ["an array", "[]"],
    ["an empty object", "{}"],
    ["deep nesting", "[".repeat(200_000)],
    ["deep nesting that is closed", "[".repeat(50_000) + "]".repeat(50_000)],
    ["a polluted prototype", '{"user_id":"u","thread_id":"t","__proto__":{"admin":true}}'],
    ["a constructor", '{"user_id":"u","thread_id":"t","constructor":{"prototype":{}}}'],
    ["an object for a string", '{"user_id":{"$ne":""},"thread_id":"t"}'],
    ["a lone surrogate in place of a field", '{"\\ud800":1}'],
    [
      "many wrong keys",
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${String(n)}`, n])),
      ),
    ],
  ])("%s → 400 with a code, a short sentence and no stack", async (_case, body) => {
    const answer = await json(body).expect(400);
    expect(answer.body).toEqual({
      error: expect.any(String),
      code: "INVALID_REQUEST",
      request_id: answer.headers["x-request-id"],
      ...("details" in answer.body ? { details: expect.anything() } : {}),
    });
    expect(answer.text.length).toBeLessThan(6000);
    expect(answer.text).not.toMatch(/\bat .*\.(js|ts):/);
  });

  it("invalid UTF-8 → 400", async () => {
    const bytes = Buffer.from('{"user_id":"\xff","thread_id":"t"}', "latin1");
    // supertest writes a Buffer as it is only through write().
    const pending = post().set("Content-Type", "application/json");
    pending.write(bytes);
    await pending.expect(400);
  });

  it("no body → 400", async () => {
    await post().expect(400);
  });

  it("10 MB → 413 with the limit", async () => {
    const { body } = await json(JSON.stringify({ user_id: "x".repeat(10_000_000) })).expect(413);
    expect(body).toMatchObject({
      code: "REQUEST_TOO_LARGE",
      details: { max_bytes: 8 * 1024 ** 2 },
    });
  });

  it.each([
    ["text/plain", "{}"],
    ["application/x-www-form-urlencoded", "a=b"],
    ["application/json; charset=utf-16", "{}"],
    ["application/jsonx", "{}"],
    ["", "{}"],
  ])("Content-Type %j → 415", async (type, body) => {
    const answer = await post().set("Content-Type", type).send(body).expect(415);
    expect(answer.body).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
  });

  it("a compressed body → 415", async () => {
    await json("{}").set("Content-Encoding", "gzip").expect(415);
  });

  it.each(["application/json; charset=UTF-8", "APPLICATION/JSON", "application/vnd.x+json"])(
    "Content-Type %s is JSON",
    async (type) => {
      await post().set("Content-Type", type).send('{"user_id":"u","thread_id":"t"}').expect(201);
    },
  );
});

describe("a path that is not there", () => {
  it.each([
    "/",
    "/v1",
    "/v2/sessions",
    "/v1/sessions/",
    "/V1/sessions",
    "/health/",
    "/.env",
    "/docs/../x",
  ])("%s → 404 with a code", async (path) => {
    const { body } = await request(createTestApi().app).get(path).expect(404);
    expect(body).toMatchObject({ code: "ROUTE_NOT_FOUND" });
  });

  it.each([
    ["delete", "/v1/sessions", "GET, HEAD, POST"],
    ["patch", "/v1/sessions/x", "DELETE, GET, HEAD"],
    ["options", "/v1/sessions/x/exec", "POST"],
    ["post", "/health", "GET, HEAD"],
    ["post", "/v1/sessions/x/files/a", "DELETE, GET, HEAD, PUT"],
    ["get", "/execute", "POST"],
  ] as const)("%s %s → 405 with Allow: %s", async (method, path, allow) => {
    const answer = await request(createTestApi().app)[method](path).expect(405);
    expect(answer.body).toMatchObject({ code: "METHOD_NOT_ALLOWED" });
    expect(answer.headers["allow"]).toBe(allow);
  });

  it.each(["/v1/sessions/%", "/v1/sessions/%ff", "/status/%zz"])(
    "%s → 400 INVALID_PATH",
    async (path) => {
      const { body } = await request(createTestApi().app).get(path).expect(400);
      expect(body).toMatchObject({ code: "INVALID_PATH" });
    },
  );
});

describe("every answer", () => {
  it("takes over a well-formed request id and makes one otherwise", async () => {
    const { app, logger } = createTestApi();
    const taken = await request(app).get("/health").set("X-Request-Id", "trace-1");
    expect(taken.headers["x-request-id"]).toBe("trace-1");
    for (const bad of ["a b", "x".repeat(129), "<script>", ""]) {
      const made = await request(app).get("/health").set("X-Request-Id", bad);
      expect(made.headers["x-request-id"]).toMatch(/^req_/);
    }
    const [first] = logger.lines;
    expect(first).toMatchObject({ event: "http.request", fields: { requestId: "trace-1" } });
  });

  it("is logged once, by its route's pattern, without path or query", async () => {
    const { app, logger, metrics } = createTestApi();
    await request(app).get("/v1/sessions/secret-id?token=secret").expect(404);
    expect(logger.lines).toEqual([
      {
        level: "info",
        event: "http.request",
        fields: {
          requestId: expect.stringMatching(/^req_/),
          method: "GET",
          route: "/v1/sessions/{session_id}",
          status: 404,
          durationMs: 0,
          outcome: "error",
          tenant: "default",
          bytesIn: expect.any(Number),
          bytesOut: expect.any(Number),
        },
      },
    ]);
    expect(await metrics.render()).toContain(
      'sandbox_http_request_duration_seconds_count{method="GET",route="/v1/sessions/{session_id}",status="404"} 1',
    );
  });

  it("carries security headers and no trace of the framework", async () => {
    const { headers } = await request(createTestApi().app).get("/nowhere");
    expect(headers).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
    expect(headers).not.toHaveProperty("x-powered-by");
    expect(headers).not.toHaveProperty("strict-transport-security");
  });
});
