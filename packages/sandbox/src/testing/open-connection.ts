import { duplexPair } from "node:stream";
import { FakeClock } from "@sandbox-system/contract/testing";
import { ExecdConnection } from "../execd/execd-connection.js";
import type { Welcome } from "../execd/protocol/host-frames.js";
import { FakeAgent } from "./fake-agent.js";

/** What tests greet agents with; a small window, so that flow control is soon felt. */
export const TEST_WELCOME: Welcome = {
  secret: Buffer.alloc(32, 1),
  workspaceDir: "/workspace",
  maxWorkspaceBytes: 1_000_000,
  maxFiles: 100,
  killGraceMs: 100,
  orphanTimeoutMs: 60_000,
  window: 1000,
};

/** A connection to a fake agent, greeted. */
export async function openConnection(welcome: Partial<Welcome> = {}): Promise<{
  connection: ExecdConnection;
  agent: FakeAgent;
  clock: FakeClock;
}> {
  const clock = new FakeClock();
  const [hostSide, agentSide] = duplexPair();
  const agent = new FakeAgent(agentSide);
  const opening = ExecdConnection.open(hostSide, {
    welcome: { ...TEST_WELCOME, ...welcome },
    clock,
    greetingTimeoutMs: 1000,
  });
  agent.hello();
  return { connection: await opening, agent, clock };
}
