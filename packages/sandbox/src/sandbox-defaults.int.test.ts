import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { SandboxService } from "./sandbox-service.js";
import { containersOf, makeService, openSession, TENANT } from "./testing/real-service.js";

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
