import { afterEach, describe, expect, it } from "@jest/globals";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import request from "supertest";
import { type ExecResultBody, sandboxError } from "@sandbox-system/contract";
import { bodyOf, createTestApi, createTestSession } from "../../testing/index.js";

type TestApi = ReturnType<typeof createTestApi>;

async function withSession(api: TestApi = createTestApi()) {
  return { ...api, exec: `/v1/sessions/${await createTestSession(api.app)}/exec` };
}

/** Events of a finished stream. */
function eventsOf(text: string): { event: string; data: Record<string, unknown> }[] {
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("event: "))
    .map((block) => {
      const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      return { event, data: JSON.parse(data) as Record<string, unknown> };
    });
}

describe("POST /v1/sessions/{id}/exec with a JSON answer", () => {
  it("answers what the command came to", async () => {
    const { app, sandboxes, exec } = await withSession();
    sandboxes.script("greet", async ({ stdout, stderr }) => {
      await stdout("hello\n");
      await stderr("careful\n");
      return { exitCode: 3 };
    });
    const { body } = await request(app).post(exec).send({ command: "greet" }).expect(200);
    expect(body).toEqual({
      exit_code: 3,
      stdout: "hello\n",
      stderr: "careful\n",
      execution_time_ms: 1,
      timed_out: false,
      oom_killed: false,
      stdout_truncated: false,
      stderr_truncated: false,
    });
  });

  it("passes every field on, in the engine room's units", async () => {
    const { app, sandboxes, exec } = await withSession();
    const fields = { stdin: "in", env: { A: "1" }, cwd: "sub", encoding: "base64" };
    await request(app)
      .post(exec)
      .send({ command: "x", timeout: 1.5, max_output_bytes: 10, ...fields });
    expect(sandboxes.started).toEqual([
      { command: "x", timeoutMs: 1500, maxOutputBytes: 10, ...fields },
    ]);
  });

  it("gives bytes back exactly as base64", async () => {
    const { app, sandboxes, exec } = await withSession();
    const bytes = Buffer.from([0, 255, 254, 128]);
    sandboxes.script("bytes", async ({ stdout }) => {
      await stdout(bytes);
      return {};
    });
    const answer = await request(app).post(exec).send({ command: "bytes", encoding: "base64" });
    expect(Buffer.from(bodyOf<ExecResultBody>(answer).stdout, "base64")).toEqual(bytes);
  });

  it("answers a rejected command with the rule", async () => {
    const { app, sandboxes, exec } = await withSession();
    const details = { reason: "no", command: "rm", rule: "forbidden-command" };
    sandboxes.script("rm x", () =>
      Promise.reject(sandboxError("COMMAND_REJECTED", "rm is forbidden.", { details })),
    );
    const { body } = await request(app).post(exec).send({ command: "rm x" }).expect(400);
    expect(body).toMatchObject({ error: "rm is forbidden.", code: "COMMAND_REJECTED", details });
  });

  it.each([
    ["an empty command", { command: " " }],
    ["NUL in the command", { command: "a\0b" }],
    ["too long a command", { command: "x".repeat(65_537) }],
    ["no time", { command: "x", timeout: 0 }],
    ["too much time", { command: "x", timeout: 3601 }],
    ["an unknown encoding", { command: "x", encoding: "latin1" }],
  ])("refuses %s before anything runs", async (_case, body) => {
    const { app, sandboxes, exec } = await withSession();
    const answer = await request(app).post(exec).send(body).expect(400);
    expect(answer.body).toMatchObject({ code: "INVALID_REQUEST" });
    expect(sandboxes.started).toEqual([]);
  });

  it("hides an unexpected fault and logs it", async () => {
    const { app, sandboxes, logger, exec } = await withSession();
    sandboxes.script("bug", () => Promise.reject(new TypeError("secret detail")));
    const answer = await request(app).post(exec).send({ command: "bug" }).expect(500);
    expect(answer.body).toMatchObject({ code: "INTERNAL_ERROR" });
    expect(answer.text).not.toMatch(/secret detail|TypeError|\bat /);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: "error", event: "http.fault" }),
    );
  });

  it("counts outcomes", async () => {
    const { app, metrics, exec } = await withSession();
    await request(app).post(exec).send({ command: "unknown" });
    expect(await metrics.render()).toContain('sandbox_exec_total{outcome="failed"} 1');
  });

  it("never logs the command", async () => {
    const { app, logger, exec } = await withSession();
    await request(app).post(exec).send({ command: "echo hunter2" });
    expect(JSON.stringify(logger.lines)).not.toContain("hunter2");
  });
});

describe("POST /v1/sessions/{id}/exec as an event stream", () => {
  const stream = (api: TestApi, exec: string, body: object) =>
    request(api.app).post(exec).set("Accept", "text/event-stream").send(body);

  it("sends the output as it comes, then exactly one exit without the text", async () => {
    const { sandboxes, exec, ...api } = await withSession();
    sandboxes.script("talk", async ({ stdout, stderr }) => {
      await stdout("one");
      await stderr("two");
      await stdout("three");
      return { exitCode: 2 };
    });
    const answer = await stream({ sandboxes, ...api }, exec, { command: "talk" }).expect(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(eventsOf(answer.text)).toEqual([
      { event: "stdout", data: { data: "one", encoding: "utf8" } },
      { event: "stderr", data: { data: "two", encoding: "utf8" } },
      { event: "stdout", data: { data: "three", encoding: "utf8" } },
      {
        event: "exit",
        data: {
          exit_code: 2,
          execution_time_ms: 1,
          timed_out: false,
          oom_killed: false,
          stdout_truncated: false,
          stderr_truncated: false,
        },
      },
    ]);
  });

  it("never splits a character between events, and replaces bytes that are none", async () => {
    const { sandboxes, exec, ...api } = await withSession();
    const euro = Buffer.from("€");
    sandboxes.script("split", async ({ stdout, stderr }) => {
      await stdout(euro.subarray(0, 1));
      await stderr(euro.subarray(0, 2));
      await stdout(euro.subarray(1));
      await stderr(euro.subarray(2));
      await stdout(Buffer.from([0xff, 0x41, 0xe2]));
      return {};
    });
    const { text } = await stream({ sandboxes, ...api }, exec, { command: "split" });
    const events = eventsOf(text);
    const of = (name: string) =>
      events.filter(({ event }) => event === name).map((e) => e.data["data"]);
    expect(of("stdout")).toEqual(["€", "\ufffdA", "\ufffd"]);
    expect(of("stderr")).toEqual(["€"]);
  });

  it("sends base64 that decodes event by event", async () => {
    const { sandboxes, exec, ...api } = await withSession();
    sandboxes.script("bytes", async ({ stdout }) => {
      await stdout(Buffer.from([1]));
      await stdout(Buffer.from([2, 255]));
      return {};
    });
    const { text } = await stream({ sandboxes, ...api }, exec, {
      command: "bytes",
      encoding: "base64",
    });
    const [first, second] = eventsOf(text).map(({ data }) =>
      Buffer.from(String(data["data"]), "base64"),
    );
    expect([first, second]).toEqual([Buffer.from([1]), Buffer.from([2, 255])]);
  });

  it("answers with a status what is known before anything is printed", async () => {
    const { sandboxes, exec, ...api } = await withSession();
    await stream({ sandboxes, ...api }, "/v1/sessions/none/exec", { command: "x" }).expect(404);
    sandboxes.script("rm", () => Promise.reject(sandboxError("COMMAND_REJECTED", "no")));
    await stream({ sandboxes, ...api }, exec, { command: "rm" }).expect(400);
  });

  it("ends with one error event when it fails midway", async () => {
    const { sandboxes, exec, ...api } = await withSession();
    sandboxes.script("lost", async ({ stdout }) => {
      await stdout("partial");
      throw sandboxError("OPERATION_INTERRUPTED", "The sandbox died.", {
        details: { admitted: true },
      });
    });
    const answer = await stream({ sandboxes, ...api }, exec, { command: "lost" }).expect(200);
    expect(eventsOf(answer.text)).toEqual([
      { event: "stdout", data: { data: "partial", encoding: "utf8" } },
      {
        event: "error",
        data: {
          error: "The sandbox died.",
          code: "OPERATION_INTERRUPTED",
          details: { admitted: true },
          request_id: answer.headers["x-request-id"],
        },
      },
    ]);
  });

  it.each(["*/*", "application/json, text/event-stream", ""])(
    "answers JSON to Accept: %s",
    async (accept) => {
      const { app, exec } = await withSession();
      const answer = await request(app).post(exec).set("Accept", accept).send({ command: "x" });
      expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    },
  );
});

describe("closing the connection", () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** Starts a command that prints once and waits to be killed, and hangs up when it has begun. */
  async function hangUp(headers: Record<string, string>): Promise<{ killed: Promise<void> }> {
    const api = await withSession();
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const killed = new Promise<void>((resolve) => {
      api.sandboxes.script("wait", async (process) => {
        begun();
        await process.killed;
        resolve();
        return {};
      });
    });
    server = createServer(api.app).listen(0);
    const { port } = server.address() as AddressInfo;
    const controller = new AbortController();
    const answer = fetch(`http://127.0.0.1:${String(port)}${api.exec}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ command: "wait" }),
      signal: controller.signal,
    });
    answer.catch(() => undefined);
    await hasBegun;
    controller.abort();
    return { killed };
  }

  it("kills a streamed command", async () => {
    const { killed } = await hangUp({ Accept: "text/event-stream" });
    await expect(killed).resolves.toBeUndefined();
  });

  it("kills a command whose result nobody can ask for again", async () => {
    const { killed } = await hangUp({});
    await expect(killed).resolves.toBeUndefined();
  });
});
