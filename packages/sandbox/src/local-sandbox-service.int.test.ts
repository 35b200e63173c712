import { createHash, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { createSandboxService } from "./create-sandbox-service.js";
import { DockerEngine } from "./engine/docker-engine.js";
import type { ExecRequest, SandboxService } from "./sandbox-service.js";
import { parseSandboxOptions } from "./settings/parse-sandbox-options.js";

const TENANT = "default";
const unique = `int-${String(process.pid)}-${randomBytes(4).toString("hex")}`;
const engine = new DockerEngine(undefined);
let serviceCount = 0;

function makeService(env: Record<string, string> = {}): SandboxService {
  serviceCount += 1;
  return createSandboxService(
    parseSandboxOptions({
      WORKER_ID: `${unique}-${String(serviceCount)}`,
      POOL_SIZE: "1",
      MIN_POOL_SIZE: "0",
      CPU_QUOTA: "0",
      COMMAND_POLICY: "off",
      ...env,
    }),
  );
}

async function containersOf(service: SandboxService): Promise<string[]> {
  const containers = await engine.list({ "sandbox.worker": service.workerId });
  return containers.map(({ id }) => id);
}

/** A session on a service, and short ways to use it. */
async function openSession(service: SandboxService, threadId: string) {
  const { sessionId } = await service.getOrCreateSession(TENANT, { userId: "u", threadId });
  return {
    sessionId,
    run: (command: string, more: Partial<ExecRequest> = {}) =>
      service.execute(TENANT, sessionId, { command, ...more }),
    out: async (command: string) =>
      (await service.execute(TENANT, sessionId, { command })).stdout.trim(),
  };
}

// Containers start in 0.3 s, on a busy machine in several.
jest.setTimeout(60_000);

describe("a sandbox with the default settings", () => {
  let service: SandboxService;

  beforeAll(async () => {
    service = makeService();
    await service.start();
  });

  afterAll(async () => {
    await service.stop();
    expect(await containersOf(service)).toEqual([]);
  });

  it("is hardened", async () => {
    const { out } = await openSession(service, "hardened");
    const status = await out("cat /proc/self/status");
    expect(status).toMatch(/CapEff:\s+0000000000000000/);
    expect(status).toMatch(/CapBnd:\s+0000000000000000/);
    expect(status).toMatch(/NoNewPrivs:\s+1/);
    expect(status).toMatch(/Seccomp:\s+2/);
    expect(await out("id -u; whoami; pwd")).toBe("1000\nsandboxuser\n/workspace");
    expect(await out("touch /etc/x /usr/x /x 2>&1 | grep -c 'Read-only'")).toBe("3");
    expect(await out("ls /sys/class/net")).toBe("lo");
    expect(await out("cat /proc/swaps | wc -l; ulimit -n; ulimit -c")).toMatch(/\n1024\n0$/);
    expect(await out("find / -xdev -perm /6000 2>/dev/null | wc -l")).toBe("0");
  });

  it("keeps its agent out of reach", async () => {
    const { out, run } = await openSession(service, "agent");
    for (const file of ["environ", "mem", "maps", "fd/0", "exe"]) {
      expect((await run(`cat /proc/1/${file}`)).exitCode).not.toBe(0);
    }
    await run("for s in $(seq 1 64); do kill -$s 1 2>/dev/null; done");
    expect(await out("echo still here")).toBe("still here");
  });

  it("keeps files from one command to the next, and background processes", async () => {
    const { out, run } = await openSession(service, "persist");
    await run("echo one > a.txt; (while :; do sleep 0.05; echo tick >> ticks; done) &");
    expect(await out("cat a.txt")).toBe("one");
    expect(await out("until [ -s ticks ]; do sleep 0.05; done; echo ticking")).toBe("ticking");
  });

  it("returns at once although a child holds stdout, and shows nobody what comes later", async () => {
    const { run } = await openSession(service, "late");
    const first = await run(
      "(until [ -e go ]; do sleep 0.02; done; echo LATE; touch said) & echo now",
    );
    expect(first.stdout).toBe("now\n");
    const second = await run("touch go; until [ -e said ]; do sleep 0.02; done; echo mine");
    expect(second.stdout).toBe("mine\n");
  });

  it("ends a command at its deadline with all that it started", async () => {
    const { run, out } = await openSession(service, "timeout");
    const command =
      "trap '' TERM INT; echo before; setsid sleep 998 & nohup sleep 997 >/dev/null 2>&1 & (sleep 996 &) ; sleep 999";
    const result = await run(command, { timeoutMs: 300 });
    expect(result).toMatchObject({ exitCode: 124, timedOut: true, stdout: "before\n" });
    expect(
      await out(
        "ps -e -o args= 2>/dev/null | grep -c 'sleep 99[6-9]' || cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep 99[6-9]$' || true",
      ),
    ).toMatch(/^0/);
  });

  it.each([
    ["exit 3", 3, undefined],
    ["kill -9 $$", 137, "SIGKILL"],
    ["kill -TERM $$", 143, "SIGTERM"],
    ["nonexistent-program", 127, undefined],
    ["if", 2, undefined],
  ])("%s → %i", async (command, exitCode, signal) => {
    const { run } = await openSession(service, "exits");
    const result = await run(command);
    expect(result.exitCode).toBe(exitCode);
    expect(result.signal).toBe(signal);
  });

  it("feeds stdin, sets environment and directory", async () => {
    const { run } = await openSession(service, "stdin");
    expect((await run("cat", { stdin: "x".repeat(300_000) })).stdout).toHaveLength(300_000);
    expect((await run("wc -c < /dev/stdin")).stdout.trim()).toBe("0");
    expect((await run("echo $A-$HOME", { env: { A: "1" } })).stdout).toBe("1-/home/sandboxuser\n");
    await run("mkdir -p sub");
    expect((await run("pwd", { cwd: "sub" })).stdout).toBe("/workspace/sub\n");
    await expect(run("pwd", { cwd: "nowhere" })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("caps output, flags it, and stays in step", async () => {
    const { run, out } = await openSession(service, "flood");
    const result = await run("head -c 300000 /dev/zero | tr '\\0' x; echo err >&2", {
      maxOutputBytes: 1000,
    });
    expect(result.stdout).toBe("x".repeat(1000));
    expect(result).toMatchObject({
      stdoutTruncated: true,
      stderrTruncated: false,
      stderr: "err\n",
    });
    expect(await out("echo next")).toBe("next");
  });

  it("streams as it comes, and a slow reader holds the command back", async () => {
    const { sessionId } = await openSession(service, "stream");
    const abort = new AbortController();
    let chunks = 0;
    const result = service.execute(
      TENANT,
      sessionId,
      { command: "yes", maxOutputBytes: 16_777_216 },
      {
        onStdout: async () => {
          chunks += 1;
          if (chunks === 3) abort.abort();
          await Promise.resolve();
        },
        signal: abort.signal,
      },
    );
    await expect(result).rejects.toMatchObject({ code: "OPERATION_ABORTED" });
  });

  it("contains a memory bomb: exit 137, oom_killed, the session goes on", async () => {
    const { run, out } = await openSession(service, "oom");
    await run("echo kept > kept");
    const result = await run("python3 -c 'x = bytearray(10**9)'");
    expect(result).toMatchObject({ exitCode: 137, oomKilled: true });
    expect(await out("cat kept")).toBe("kept");
  });

  it("contains a fork bomb: the pids limit holds, the session goes on", async () => {
    const { run, out } = await openSession(service, "forks");
    await run("bomb() { bomb | bomb; }; bomb", { timeoutMs: 2000 });
    const closed = await run("for i in $(seq 300); do sleep 50 & done; wait", { timeoutMs: 1000 });
    expect(closed.timedOut || closed.exitCode !== 0).toBe(true);
    expect(await out("echo usable")).toBe("usable");
  });
});

describe("files", () => {
  let service: SandboxService;
  let session: Awaited<ReturnType<typeof openSession>>;

  beforeAll(async () => {
    service = makeService({
      MAX_FILE_SIZE_MB: "2",
      MAX_WORKSPACE_SIZE_MB: "5",
      MAX_TOTAL_FILES: "20",
    });
    await service.start();
    session = await openSession(service, "files");
  });

  afterAll(async () => {
    await service.stop();
  });

  const write = (name: string, content: Buffer | Readable) =>
    service.writeFile(TENANT, session.sessionId, name, content);
  const read = async (name: string): Promise<Buffer> =>
    await buffer((await service.readFile(TENANT, session.sessionId, name)).content);

  it("goes up and comes down byte for byte", async () => {
    const bytes = randomBytes(1_500_000);
    const result = await write(
      "deep/er/data.bin",
      Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]),
    );
    expect(result).toEqual({
      status: "uploaded",
      filename: "deep/er/data.bin",
      path: "/workspace/deep/er/data.bin",
      sizeBytes: bytes.byteLength,
    });
    const hash = createHash("sha256").update(bytes).digest("hex");
    expect(await session.out("sha256sum deep/er/data.bin")).toContain(hash);
    expect(await read("deep/er/data.bin")).toEqual(bytes);
    await service.removeFile(TENANT, session.sessionId, "deep/er/data.bin");
  });

  it.each(["ünï cödé ☃.txt", "-rf", "new\nline", "x".repeat(255), ".hidden", "a b/c d"])(
    "takes the name %j as it is",
    async (name) => {
      await write(name, Buffer.from("x"));
      expect(await read(name)).toEqual(Buffer.from("x"));
      const { files } = await service.listFiles(TENANT, session.sessionId);
      expect(files.map((file) => file.name)).toContain(name);
      await service.removeFile(TENANT, session.sessionId, name);
    },
  );

  it.each([
    "",
    "/",
    "..",
    "../x",
    "a/../../x",
    "a//b",
    "./a",
    "/etc/passwd",
    "a\0b",
    "x".repeat(256),
    ".execd-1",
  ])("refuses the name %j", async (name) => {
    await expect(write(name, Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID_PATH" });
    await expect(read(name)).rejects.toMatchObject({ code: "INVALID_PATH" });
  });

  it("takes an absolute name below the workspace", async () => {
    await write("/workspace/abs.txt", Buffer.from("x"));
    expect(await session.out("cat abs.txt")).toBe("x");
    await service.removeFile(TENANT, session.sessionId, "abs.txt");
  });

  it("does not follow what leads out, hangs on nothing", async () => {
    await session.run("ln -s /etc/passwd leaf; ln -s /etc dir; mkfifo pipe; ln -s loop loop");
    for (const name of ["leaf", "dir/passwd", "pipe", "loop"]) {
      await expect(read(name)).rejects.toMatchObject({ code: "INVALID_PATH" });
    }
    await expect(write("dir/x", Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID_PATH" });
    await session.run("rm -f leaf dir pipe loop");
  });

  it("reads a range", async () => {
    await write("r.txt", Buffer.from("0123456789"));
    const part = await service.readFile(TENANT, session.sessionId, "r.txt", { start: 2, end: 4 });
    expect(part.contentLength).toBe(3);
    expect((await buffer(part.content)).toString()).toBe("234");
    await expect(
      service.readFile(TENANT, session.sessionId, "r.txt", { start: 10 }),
    ).rejects.toMatchObject({ code: "RANGE_NOT_SATISFIABLE" });
    await service.removeFile(TENANT, session.sessionId, "r.txt");
  });

  it("a missing file is FILE_NOT_FOUND", async () => {
    await expect(read("none")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(service.removeFile(TENANT, session.sessionId, "none")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
  });

  it("a file too large is refused before and while it is stored; nothing is left", async () => {
    const large = Buffer.alloc(2 * 1024 ** 2 + 1);
    const refusal = {
      code: "FILE_TOO_LARGE",
      message: expect.stringContaining("File size exceeds maximum"),
      details: { max_size_mb: 2, uploaded_size_mb: expect.any(Number) },
    };
    await expect(write("large", large)).rejects.toMatchObject(refusal);
    await expect(write("large", Readable.from([large]))).rejects.toMatchObject(refusal);
    expect(await session.out("find . -type f")).toBe("");
  });

  it("an upload cut off half-way leaves nothing behind", async () => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(100_000));
        if (this.readableLength > 0) this.destroy(new Error("client went away"));
      },
    });
    await expect(write("half", source)).rejects.toThrow("client went away");
    expect(await session.out("find . -type f")).toBe("");
  });

  it("the file after the last one allowed is refused", async () => {
    for (let index = 0; index < 20; index += 1) await write(`f${String(index)}`, Buffer.from("x"));
    await expect(write("one-more", Buffer.from("x"))).rejects.toMatchObject({
      code: "FILE_COUNT_EXCEEDED",
    });
    await write("f0", Buffer.from("replaced"));
    await session.run("rm -f f*");
  });

  it("a full workspace refuses uploads, and a command that fills it is killed", async () => {
    await write("a", Buffer.alloc(2 * 1024 ** 2));
    await write("b", Buffer.alloc(2 * 1024 ** 2));
    await expect(write("c", Buffer.alloc(2 * 1024 ** 2))).rejects.toMatchObject({
      code: "WORKSPACE_SIZE_EXCEEDED",
    });
    await expect(
      session.run(
        "i=0; while :; do i=$((i+1)); head -c 200000 /dev/urandom > z$((i%15)); sleep 0.01; done",
      ),
    ).rejects.toMatchObject({ code: "WORKSPACE_SIZE_EXCEEDED" });
    await session.run("rm -f *");
    expect(await session.out("echo usable")).toBe("usable");
  });

  it("a command that makes too many files is killed", async () => {
    await expect(
      session.run("for i in $(seq 100); do : > n$i; done; sleep 20"),
    ).rejects.toMatchObject({ code: "FILE_COUNT_EXCEEDED" });
    await session.run("rm -f n*");
  });
});

describe("set-ups", () => {
  it("a container killed from outside is a lost session, and only that one", async () => {
    const service = makeService({ POOL_SIZE: "0" });
    await service.start();
    try {
      const victim = await openSession(service, "victim");
      const [container = ""] = await containersOf(service);
      const neighbour = await openSession(service, "neighbour");
      await neighbour.run("echo mine > f");
      let started!: () => void;
      const hasStarted = new Promise<void>((resolve) => {
        started = resolve;
      });
      const running = service.execute(
        TENANT,
        victim.sessionId,
        { command: "echo started; sleep 60" },
        {
          onStdout: () => {
            started();
          },
        },
      );
      running.catch(() => undefined);
      await hasStarted;
      await engine.remove(container);
      await expect(running).rejects.toMatchObject({ code: "OPERATION_INTERRUPTED" });
      await expect(victim.run("echo")).rejects.toMatchObject({ code: "SESSION_LOST" });
      expect(await neighbour.out("cat f")).toBe("mine");
    } finally {
      await service.stop();
    }
  });

  it("an image without the agent is given it", async () => {
    const service = makeService({ CONTAINER_IMAGE: "debian:bookworm-slim", POOL_SIZE: "0" });
    await service.start();
    try {
      const { out, run } = await openSession(service, "plain");
      expect(await out("id -un; pwd; echo $HOME; echo x > f; cat f")).toBe(
        "sandboxuser\n/workspace\n/home/sandboxuser\nx",
      );
      expect((await run("touch /usr/local/bin/execd")).exitCode).not.toBe(0);
    } finally {
      await service.stop();
    }
  });

  it("works over attach", async () => {
    const service = makeService({ EXECD_TRANSPORT: "attach", POOL_SIZE: "0" });
    await service.start();
    try {
      const { sessionId, out, run } = await openSession(service, "attach");
      expect(await out("echo hi")).toBe("hi");
      const bytes = randomBytes(3_000_000);
      await service.writeFile(TENANT, sessionId, "b", bytes);
      const back = await service.readFile(TENANT, sessionId, "b");
      expect((await buffer(back.content)).equals(bytes)).toBe(true);
      expect((await run("sleep 5", { timeoutMs: 200 })).timedOut).toBe(true);
    } finally {
      await service.stop();
    }
    expect(await containersOf(service)).toEqual([]);
  });

  it("a session that expires takes its container along", async () => {
    const service = makeService({ POOL_SIZE: "0" });
    await service.start();
    try {
      const { sessionId } = await service.getOrCreateSession(TENANT, {
        userId: "u",
        threadId: "t",
        timeoutMinutes: 0.005,
      });
      const ended = new Promise<void>((resolve) => setTimeout(resolve, 400));
      await ended;
      await expect(service.execute(TENANT, sessionId, { command: "echo" })).rejects.toMatchObject({
        code: "SESSION_EXPIRED",
      });
    } finally {
      await service.stop();
    }
    expect(await containersOf(service)).toEqual([]);
  });
});
