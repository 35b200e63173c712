import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import type { ErrorBody } from "@sandbox-system/contract";
import type { OpenApiDocument } from "../openapi/openapi-document.js";
import { bodyOf, createTestApi, createTestSession } from "../testing/index.js";
import { expressPath } from "../http/mount-routes.js";

const KEYS = {
  API_KEYS: "alice:alice-key-0123456789,bob:bob-key-0123456789",
  ADMIN_KEY_NAMES: "bob",
};
const ALICE = { Authorization: "Bearer alice-key-0123456789" };
const BOB = { "X-API-Key": "bob-key-0123456789" };

const METHODS = ["get", "head", "put", "post", "delete"] as const;

/** Every operation of the API's own description, so that a new route is tested without anybody thinking of it. */
const OPERATIONS = describedOperations();

function describedOperations() {
  const { routes } = createTestApi({ env: KEYS });
  return routes.map(({ method, path }) => ({
    method,
    path,
    url: path.replace("{path}", "a/b").replaceAll(/\{\w+\}/g, "x"),
  }));
}

describe("every operation", () => {
  const open = ["/health", "/ready"];

  it.each(OPERATIONS)("$method $path without a key", async ({ method, path, url }) => {
    const { app } = createTestApi({ env: KEYS });
    const answer = await request(app)[method](url);
    if (open.includes(path)) expect(answer.status).toBe(200);
    else expect(answer.status).toBe(401);
  });

  it.each(OPERATIONS)("$method $path with a key is let through", async ({ method, url }) => {
    const { app } = createTestApi({ env: KEYS });
    const answer = await request(app)[method](url).set(BOB);
    expect(answer.status).not.toBe(401);
  });
});

describe("keys", () => {
  it.each([
    ["a wrong key", { Authorization: "Bearer wrong" }],
    ["a wrong X-API-Key", { "X-API-Key": "wrong" }],
    ["another scheme", { Authorization: "Basic YWxpY2U6eA==" }],
    ["no key after the scheme", { Authorization: "Bearer " }],
    ["two keys", { Authorization: "Bearer alice-key-0123456789 bob-key-0123456789" }],
    ["a prefix of a key", { Authorization: "Bearer alice-key-012345678" }],
    ["the name instead of the key", { Authorization: "Bearer alice" }],
    ["name and key", { Authorization: "Bearer alice:alice-key-0123456789" }],
    ["an empty header", { "X-API-Key": "" }],
  ])("%s gets the same 401 as no key", async (_case, headers) => {
    const { app } = createTestApi({ env: KEYS });
    const none = await request(app).get("/v1/sessions").expect(401);
    const wrong = await request(app)
      .get("/v1/sessions")
      .set(headers as Record<string, string>)
      .expect(401);
    const { error, code } = bodyOf<ErrorBody>(none);
    expect(wrong.body).toEqual({ error, code, request_id: wrong.headers["x-request-id"] });
    expect(wrong.headers["www-authenticate"]).toMatch(/^Bearer/);
  });

  it("a path that does not exist needs a key too", async () => {
    const { app } = createTestApi({ env: KEYS });
    await request(app).get("/nowhere").expect(401);
    await request(app).get("/nowhere").set(ALICE).expect(404);
    await request(app).get("//health").expect(401);
    await request(app).get("/Health").expect(401);
  });

  it("an unauthenticated body is not read", async () => {
    const { app } = createTestApi({ env: KEYS });
    await request(app).post("/v1/sessions").send("x".repeat(100_000)).expect(401);
  });
});

describe("tenants", () => {
  it("never see each other's sessions, threads or files", async () => {
    const { app } = createTestApi({ env: KEYS });
    const made = await request(app)
      .post("/v1/sessions")
      .set(ALICE)
      .send({ user_id: "u", thread_id: "t" });
    const { session_id: id } = bodyOf<{ session_id: string }>(made);
    const base = `/v1/sessions/${id}`;
    await request(app).put(`${base}/files/a`).set(ALICE).send("secret").expect(201);

    const attempts = [
      request(app).get(base),
      request(app).post(`${base}/exec`).send({ command: "ls" }),
      request(app).get(`${base}/files`),
      request(app).get(`${base}/files/a`),
      request(app).put(`${base}/files/a`).send("x"),
      request(app).delete(`${base}/files/a`),
      request(app).get("/get_session?thread_id=t"),
      request(app).get(`/status/${id}`),
      request(app).get(`/list_files?session_id=${id}`),
      request(app).post("/execute").send({ session_id: id, command: "ls" }),
      request(app).post("/download_file").send({ session_id: id, filename: "a" }),
      request(app)
        .post("/upload_file")
        .field("session_id", id)
        .attach("file", Buffer.from("x"), "a"),
    ];
    for (const attempt of attempts) {
      const { status, body } = await attempt.set(BOB);
      expect([status, bodyOf<{ code: string }>({ body }).code]).toEqual([404, "SESSION_NOT_FOUND"]);
    }
    // Ending somebody else's session looks as if it were gone already, and does nothing.
    await request(app).delete(base).set(BOB).expect(204);
    const listed = await request(app).get("/v1/sessions").set(BOB);
    expect(listed.body).toMatchObject({ sessions: [] });
    const file = await request(app).get(`${base}/files/a`).set(ALICE).expect(200);
    expect(bodyOf<Buffer>(file).toString()).toBe("secret");
  });

  it("may have a thread of the same name each", async () => {
    const { app } = createTestApi({ env: KEYS });
    const create = { user_id: "u", thread_id: "t" };
    const alice = await request(app).post("/v1/sessions").set(ALICE).send(create).expect(201);
    const bob = await request(app).post("/v1/sessions").set(BOB).send(create).expect(201);
    expect(alice.body).not.toEqual(bob.body);
  });

  it("drain workers only as administrators", async () => {
    const { app, node } = createTestApi({ env: KEYS });
    const drain = () => request(app).post("/v1/workers/fake-worker/drain");
    const refused = await drain().set(ALICE).expect(403);
    expect(refused.body).toMatchObject({ code: "FORBIDDEN" });
    expect(node.drained).toEqual([]);
    await drain().set(BOB).expect(202, { worker_id: "fake-worker", status: "draining" });
    await request(app).post("/v1/workers/other/drain").set(BOB).expect(404);
  });
});

it("without keys everybody is one tenant", async () => {
  const { app } = createTestApi();
  await createTestSession(app);
  const { body } = await request(app).get("/v1/sessions").set(ALICE).expect(200);
  expect(bodyOf<{ sessions: unknown[] }>({ body }).sessions).toHaveLength(1);
});

describe("the API's description", () => {
  it("has every route of the router, and no other", async () => {
    const { app } = createTestApi();
    const { body } = await request(app).get("/openapi.json").expect(200);
    const described = Object.entries(bodyOf<OpenApiDocument>({ body }).paths).flatMap(
      ([path, item]) => Object.keys(item).map((method) => `${method} ${expressPath(path)}`),
    );
    expect(described.sort()).toEqual(mountedRoutes(app).sort());
  });

  it("says of every operation that it needs a key, except of those that do not", async () => {
    const { app } = createTestApi({ env: KEYS });
    const { body } = await request(app).get("/openapi.json").set(ALICE);
    for (const [path, item] of Object.entries(bodyOf<OpenApiDocument>({ body }).paths)) {
      for (const operation of Object.values(item)) {
        const open = path === "/health" || path === "/ready";
        expect([path, operation["security"]]).toEqual([path, open ? [] : undefined]);
        expect([path, "401" in (operation["responses"] as object)]).toEqual([path, !open]);
      }
    }
  });
});

/** What Express itself would serve: `method path`, without the catch-alls that answer 405. */
function mountedRoutes(app: { router: unknown }): string[] {
  const { stack } = app.router as {
    stack: { route?: { path: string; methods: Record<string, boolean> } }[];
  };
  return stack.flatMap(({ route }) =>
    route === undefined || METHODS.every((method) => route.methods[method])
      ? []
      : METHODS.filter((method) => route.methods[method] === true).map(
          (method) => `${method} ${route.path}`,
        ),
  );
}
