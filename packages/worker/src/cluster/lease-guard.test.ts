import { expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { Gate } from "../process/gate.js";
import { FakeSandboxService } from "../testing/fake-sandbox-service.js";
import { guardLease } from "./lease-guard.js";

const CALLS = [
  ["getSession", (room: FakeSandboxService) => room.getSession("t", "ses_x")],
  ["findSession", (room: FakeSandboxService) => room.findSession("t", "thread")],
  ["listSessions", (room: FakeSandboxService) => room.listSessions("t", {})],
  ["endSession", (room: FakeSandboxService) => room.endSession("t", "ses_x")],
  ["execute", (room: FakeSandboxService) => room.execute("t", "ses_x", { command: "ls" })],
  ["listFiles", (room: FakeSandboxService) => room.listFiles("t", "ses_x")],
  ["statFile", (room: FakeSandboxService) => room.statFile("t", "ses_x", "f")],
  ["readFile", (room: FakeSandboxService) => room.readFile("t", "ses_x", "f")],
  ["writeFile", (room: FakeSandboxService) => room.writeFile("t", "ses_x", "f", Buffer.of(1))],
  ["removeFile", (room: FakeSandboxService) => room.removeFile("t", "ses_x", "f")],
  [
    "getOrCreateSession",
    (room: FakeSandboxService) => room.getOrCreateSession("t", { userId: "u", threadId: "t" }),
  ],
  [
    "openSession",
    (room: FakeSandboxService) =>
      room.openSession(
        "t",
        { userId: "u", threadId: "t" },
        { sessionId: "ses_x", generation: 1, create: true },
      ),
  ],
] as const;

it.each(CALLS)("%s waits while it is in doubt whose the sessions are", async (name, call) => {
  const room = new FakeSandboxService({ clock: new FakeClock() });
  const reached: string[] = [];
  const original = room[name].bind(room) as (...args: unknown[]) => unknown;
  Object.assign(room, {
    [name]: (...args: unknown[]) => {
      reached.push(name);
      return original(...args);
    },
  });
  const doubt = new Gate();
  const settled = call(guardLease(room, () => doubt.passed)).catch(() => undefined);
  await new Promise(setImmediate);
  expect(reached).toEqual([]);
  doubt.open();
  await settled;
  expect(reached).toEqual([name]);
});

it("costs nothing while there is no doubt, and lets everything else pass", async () => {
  const room = new FakeSandboxService({ clock: new FakeClock() });
  const guarded = guardLease(room, () => undefined);
  const session = await guarded.getOrCreateSession("t", { userId: "u", threadId: "t" });
  expect(guarded.health().activeSessions).toBe(1);
  expect(guarded.workerId).toBe("fake-worker");
  await expect(guarded.getSession("t", session.sessionId)).resolves.toBeDefined();
});

it("tells its callers when the doubt cannot be settled", async () => {
  const room = new FakeSandboxService({ clock: new FakeClock() });
  const guarded = guardLease(room, () => Promise.reject(new Error("no answer")));
  await expect(guarded.getSession("t", "ses_x")).rejects.toThrow("no answer");
});
