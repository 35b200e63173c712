import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { type ExecBody, execRequestSchema } from "@sandbox-system/contract";
import type { SandboxBackend } from "../backend/sandbox-backend.js";
import { EXIT_BODY, errorBody, RESULT_BODY, SESSION_BODY, sse } from "../testing/bodies.js";
import { answer, ScriptedServer } from "../testing/scripted-server.js";
import { ignore } from "../testing/fake-backend.js";
import { createHttpBackend } from "./http-backend.js";

const ID = SESSION_BODY.session_id;

function body(command = "echo hi", more: Partial<ExecBody> = {}): ExecBody {
  return { ...execRequestSchema.parse({ command }), ...more };
}

describe("the HTTP backend", () => {
  let server: ScriptedServer;
  let backend: SandboxBackend;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    backend = createHttpBackend({ mode: "remote", serverUrl: server.url, apiKey: "k-1" });
  });

  afterEach(() => server.stop());

  it("gets a session and the policy at once", async () => {
    server.answers((response, request, sent) =>
      request.method === "POST"
        ? answer(201, SESSION_BODY)(response, request, sent)
        : answer(404, errorBody("ROUTE_NOT_FOUND"))(response, request, sent),
    );
    const session = await backend.getOrCreateSession({
      userId: "u",
      threadId: "t",
      timeoutMinutes: 5,
      env: { A: "1" },
    });
    expect(session).toMatchObject({
      sessionId: ID,
      status: "created",
      expiresAt: new Date(SESSION_BODY.expires_at),
      metadata: { team: "t" },
    });
    expect(server.requests.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      "GET /v1/policy",
      "POST /v1/sessions",
    ]);
    const post = server.requests.find(({ method }) => method === "POST");
    expect(JSON.parse(String(post?.body))).toEqual({
      user_id: "u",
      thread_id: "t",
      timeout_minutes: 5,
      env: { A: "1" },
    });
    expect(post?.headers).toMatchObject({
      authorization: "Bearer k-1",
      "content-type": "application/json",
      "x-request-id": expect.stringMatching(/^req_/),
    });
  });

  it("finds a thread's session, or none", async () => {
    server.answers(answer(200, { sessions: [SESSION_BODY], next_cursor: null }));
    expect((await backend.findSession("a b/ü&c"))?.sessionId).toBe(ID);
    expect(server.requests[0]?.url).toBe("/v1/sessions?thread_id=a%20b%2F%C3%BC%26c");
    server.answers(answer(200, { sessions: [], next_cursor: null }));
    expect(await backend.findSession("t")).toBeUndefined();
  });

  it("runs a command as one JSON exchange", async () => {
    server.answers(answer(200, RESULT_BODY));
    const command = { body: body("cat", { stdin: "x", cwd: "d" }), idempotencyKey: "key-1" };
    expect(await backend.execute(ID, command, {})).toEqual({
      exitCode: 0,
      stdout: "out",
      stderr: "err",
      executionTimeMs: 5,
      timedOut: false,
      oomKilled: false,
      stdoutTruncated: false,
      stderrTruncated: true,
    });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", url: `/v1/sessions/${ID}/exec` });
    expect(request?.headers["idempotency-key"]).toBe("key-1");
    expect(request?.headers.accept).not.toContain("event-stream");
    expect(JSON.parse(String(request?.body))).toEqual(command.body);
  });

  it.each([
    ["somebody listens", body(), { onStdout: ignore }],
    ["it can be aborted", body(), { signal: new AbortController().signal }],
    ["it may take long", body("x", { timeout: 46 }), {}],
  ])("streams a command when %s", async (_when, command, hooks) => {
    server.answers((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(sse("stdout", { data: "out", encoding: "utf8" }));
      response.end(sse("stderr", { data: "err", encoding: "utf8" }) + sse("exit", EXIT_BODY));
    });
    const result = await backend.execute(ID, { body: command }, hooks);
    expect(server.requests[0]?.headers.accept).toBe("text/event-stream");
    expect(result).toMatchObject({ exitCode: 0, stderr: "err", stderrTruncated: true });
    expect(result.stdout).toBe("onStdout" in hooks ? "" : "out");
  });

  it("gives the pieces to whoever listens, and the other stream in the result", async () => {
    server.answers((response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(sse("stderr", { data: "ZXJy", encoding: "base64" }));
      response.write(sse("stdout", { data: "AP8=", encoding: "base64" }));
      response.end(sse("exit", EXIT_BODY));
    });
    const heard: string[] = [];
    const result = await backend.execute(
      ID,
      { body: body("x", { encoding: "base64" }) },
      { onStderr: (chunk) => void heard.push(chunk.toString()) },
    );
    expect(heard).toEqual(["err"]);
    expect(result).toMatchObject({ stdout: "AP8=", stderr: "" });
  });

  it("refuses early what the server would refuse, by the server's own lists", async () => {
    const policy = {
      mode: "enforce",
      allowed_commands: ["echo"],
      forbidden_commands: ["rm"],
      max_command_bytes: 65536,
    };
    server.answers((response, request, sent) =>
      answer(200, request.method === "POST" ? SESSION_BODY : policy)(response, request, sent),
    );
    await backend.getOrCreateSession({ userId: "u", threadId: "t" });
    await backend.getOrCreateSession({ userId: "u", threadId: "t" });
    expect(server.requests.filter(({ url }) => url === "/v1/policy")).toHaveLength(1);
    const before = server.requests.length;
    await expect(backend.execute(ID, { body: body("rm -rf x") }, {})).rejects.toMatchObject({
      code: "COMMAND_REJECTED",
      details: { rule: "forbidden-command", command: expect.any(String) },
    });
    expect(server.requests).toHaveLength(before);
  });

  it.each([
    ["has no such route", answer(404, errorBody("ROUTE_NOT_FOUND"))],
    ["answers something else", answer(200, { mode: "perhaps" })],
    ["answers HTML", answer(502, "<html>")],
  ])("lets the server decide when it %s for the policy", async (_what, script) => {
    server.answers((response, request, sent) =>
      request.url === "/v1/policy"
        ? script(response, request, sent)
        : answer(200, request.url === "/v1/sessions" ? SESSION_BODY : RESULT_BODY)(
            response,
            request,
            sent,
          ),
    );
    await backend.getOrCreateSession({ userId: "u", threadId: "t" });
    expect(await backend.execute(ID, { body: body("rm x") }, {})).toMatchObject({ exitCode: 0 });
  });

  it("names files in the URL part by part", async () => {
    server.answers((response) => void response.end("data"));
    const { content, sizeBytes } = await backend.readFile(ID, "a b/ü%2f?#.txt");
    expect((await buffer(content)).toString()).toBe("data");
    expect(sizeBytes).toBe(4);
    server.answers(answer(204, null));
    await backend.removeFile(ID, "x\\y");
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /v1/sessions/${ID}/files/a%20b/%C3%BC%252f%3F%23.txt`,
      `DELETE /v1/sessions/${ID}/files/x%5Cy`,
    ]);
  });

  it.each([
    ["bytes", Buffer.from("abc"), 3, "3"],
    ["nothing", new Uint8Array(), 0, "0"],
    ["a stream of known size", Readable.from([Buffer.from("abc")]), 3, "3"],
    ["a stream of unknown size", Readable.from([Buffer.from("abc")]), undefined, undefined],
  ])("uploads %s", async (_what, content, sizeBytes, contentLength) => {
    server.answers(
      answer(201, { status: "uploaded", filename: "f", path: "/workspace/f", size_bytes: 3 }),
    );
    expect(await backend.writeFile(ID, "f", content, sizeBytes)).toEqual({
      status: "uploaded",
      filename: "f",
      path: "/workspace/f",
      sizeBytes: 3,
    });
    const [request] = server.requests;
    expect(request?.headers["content-length"]).toBe(contentLength);
    expect(String(request?.body)).toBe(sizeBytes === 0 ? "" : "abc");
  });

  it("lists files", async () => {
    const modified = "2026-01-02T03:04:05.000Z";
    const file = { name: "a", size_bytes: 1, modified, permissions: "-rw-r--r--" };
    const listing = { session_id: ID, workspace_dir: "/workspace", files: [file] };
    server.answers(answer(200, { ...listing, total_files: 1, total_size_bytes: 1 }));
    expect(await backend.listFiles(ID)).toEqual({
      sessionId: ID,
      workspaceDir: "/workspace",
      files: [{ name: "a", sizeBytes: 1, modified: new Date(modified), permissions: "-rw-r--r--" }],
      totalFiles: 1,
      totalSizeBytes: 1,
    });
  });

  it("keeps the path of the server's URL, without a slash at its end", async () => {
    const prefixed = createHttpBackend({ mode: "remote", serverUrl: `${server.url}/sandbox/` });
    server.answers(answer(204, null));
    await prefixed.endSession(ID);
    expect(server.requests[0]).toMatchObject({
      method: "DELETE",
      url: `/sandbox/v1/sessions/${ID}`,
    });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each(["", "localhost:5000", "ftp://host", undefined as unknown as string])(
    "refuses %p as a server's URL",
    (serverUrl) => {
      expect(() => createHttpBackend({ mode: "remote", serverUrl })).toThrow(
        'Remote mode needs serverUrl, an http:// or https:// URL such as "http://localhost:5000".',
      );
    },
  );

  it("shares connections between clients", async () => {
    server.answers(answer(204, null));
    const other = createHttpBackend({ mode: "remote", serverUrl: server.url });
    for (let call = 0; call < 5; call += 1) {
      await backend.endSession(ID);
      await other.endSession(ID);
    }
    expect(server.requests).toHaveLength(10);
    expect(server.connections).toBe(1);
  });
});
