import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { FakeAgent } from "../../testing/fake-agent.js";
import { testKeptSession } from "../../testing/kept-session.js";
import { TEST_WELCOME } from "../../testing/open-connection.js";
import { type AgentStream, ExecdConnection } from "../execd-connection.js";
import type { AgentTransport } from "./agent-transport.js";
import { createUnixSocketTransport } from "./unix-socket-transport.js";

const { sandbox } = testKeptSession();

let dir: string;
let hostDir: string;
let transport: AgentTransport;
const clients: Socket[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "unix-"));
  hostDir = join(dir, sandbox.id);
  mkdirSync(hostDir);
  transport = createUnixSocketTransport(dir);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function client(): Promise<{ socket: Socket; agent: FakeAgent }> {
  const socket = connect(join(hostDir, "agent.sock"));
  clients.push(socket);
  await once(socket, "connect");
  return { socket, agent: new FakeAgent(socket) };
}

function greet(stream: AgentStream): Promise<ExecdConnection> {
  return ExecdConnection.open(stream, {
    welcome: { ...TEST_WELCOME, secret: sandbox.secret },
    clock: new FakeClock(),
    greetingTimeoutMs: 5_000,
    expectedSecret: sandbox.secret,
  });
}

describe("an agent that returns over a unix socket", () => {
  it("is found among others, who are told nothing", async () => {
    const returning = await transport.rejoin(sandbox);
    const returned = returning.returned(greet);
    const impostor = await client();
    const dropped = once(impostor.socket, "close");
    impostor.agent.hello(Buffer.alloc(32, 1));
    await dropped;
    const silent = await client();
    const { agent } = await client();
    agent.hello(sandbox.secret);
    const connection = await returned;
    expect(connection.usable).toBe(true);
    expect(agent.secret).toEqual(sandbox.secret);
    if (!silent.socket.closed) await once(silent.socket, "close");
    expect([...impostor.agent.frames, ...silent.agent.frames]).toEqual([]);
    // Nobody is listened to any more.
    await expect(client()).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    connection.close(new Error("over"));
  });

  it("is not kept out by a crowd that stays silent", async () => {
    const returning = await transport.rejoin(sandbox);
    const returned = returning.returned(greet);
    const crowd = await Promise.all(Array.from({ length: 40 }, () => client()));
    const { agent } = await client();
    agent.hello(sandbox.secret);
    const connection = await returned;
    expect(connection.usable).toBe(true);
    await Promise.all(
      crowd.filter(({ socket }) => !socket.closed).map(({ socket }) => once(socket, "close")),
    );
    connection.close(new Error("over"));
  });

  it("finds the very directory that its container sees, whatever a killed process left in it", async () => {
    const { ino } = statSync(hostDir);
    writeFileSync(join(hostDir, "agent.sock"), "");
    const returning = await transport.rejoin(sandbox);
    expect(statSync(hostDir).ino).toBe(ino);
    expect(statSync(join(hostDir, "agent.sock")).mode & 0o777).toBe(0o666);
    await returning.dispose();
  });

  it("cannot when the directory is gone", async () => {
    rmSync(hostDir, { recursive: true });
    await expect(transport.rejoin(sandbox)).rejects.toThrow(/ENOENT|EACCES/);
  });

  it("is no longer waited for after disposal", async () => {
    const returning = await transport.rejoin(sandbox);
    const { socket } = await client();
    const returned = returning.returned(greet);
    const dropped = once(socket, "close");
    await Promise.all([expect(returned).rejects.toThrow("was closed"), returning.dispose()]);
    await dropped;
    expect(existsSync(hostDir)).toBe(false);
    await expect(returning.returned(greet)).rejects.toThrow("was closed");
  });
});
