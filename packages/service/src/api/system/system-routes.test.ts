import { describe, expect, it } from "@jest/globals";
import request from "supertest";
import { sandboxError } from "@sandbox-system/contract";
import { createTestApi } from "../../testing/index.js";

describe("/health and /ready", () => {
  it.each([
    ["healthy", 200],
    ["degraded", 200],
    ["unhealthy", 503],
  ] as const)("%s answers %d with the same body", async (status, code) => {
    const { app, node } = createTestApi();
    node.status = status;
    const { body } = await request(app).get("/health").expect(code);
    expect(body).toMatchObject({ status, worker_id: "fake-worker", redis_connected: false });
  });

  it("ready says why not", async () => {
    const { app, node } = createTestApi();
    await request(app).get("/ready").expect(200, { status: "ready" });
    node.reason = sandboxError("DRAINING", "About to stop.");
    const { body } = await request(app).get("/ready").expect(503).expect("Retry-After", "1");
    expect(body).toMatchObject({ code: "DRAINING", error: "About to stop." });
  });
});

it("/metrics speaks Prometheus", async () => {
  const { app } = createTestApi();
  const { headers } = await request(app).get("/metrics").expect(200);
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
});

it("/v1/policy and /v1/workers answer what their ports say", async () => {
  const { app } = createTestApi();
  const policy = await request(app).get("/v1/policy").expect(200);
  expect(policy.body).toMatchObject({ mode: "enforce", forbidden_commands: ["rm"] });
  const workers = await request(app).get("/v1/workers").expect(200);
  expect(workers.body).toMatchObject({ workers: [{ worker_id: "fake-worker", status: "active" }] });
});

describe("/docs", () => {
  it("is a page that loads nothing from elsewhere", async () => {
    const { app } = createTestApi();
    const page = await request(app).get("/docs").expect(200);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.text).not.toMatch(/https?:\/\//);
    const assets = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, url]) => String(url));
    expect(assets).toHaveLength(3);
    for (const url of assets) {
      const asset = await request(app).get(url).buffer(true).expect(200);
      expect(asset.headers["content-type"]).toMatch(/^text\/(css|javascript)/);
    }
  });
});
