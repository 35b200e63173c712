import { duplexPair } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { FakeClock } from "@sandbox-system/contract/testing";
import { FakeAgent } from "../testing/fake-agent.js";
import { openConnection, TEST_WELCOME } from "../testing/open-connection.js";
import { ConnectionLost } from "./connection-lost.js";
import { ExecdConnection } from "./execd-connection.js";
import { FrameType } from "./protocol/frame-type.js";
import { FrameWriter } from "./protocol/frame-writer.js";
import { hostFrame } from "./protocol/host-frames.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";

function closed(connection: ExecdConnection): Promise<Error> {
  return new Promise((resolve) => {
    connection.onClosed(resolve);
  });
}

describe("ExecdConnection", () => {
  it("greets: HELLO, WELCOME with the settings, READY", async () => {
    const { connection, agent } = await openConnection();
    expect(connection.usable).toBe(true);
    expect(agent.frames.map(({ type }) => type)).toEqual([FrameType.WELCOME]);
    expect(agent.frames[0]?.payload).toEqual(hostFrame.welcome(TEST_WELCOME).subarray(9));
  });

  it("gives up on an agent that does not greet in time", async () => {
    const clock = new FakeClock();
    const [hostSide] = duplexPair();
    const opening = ExecdConnection.open(hostSide, {
      welcome: TEST_WELCOME,
      clock,
      greetingTimeoutMs: 1000,
    });
    clock.advance(1000);
    await expect(opening).rejects.toThrow("did not greet in time");
    expect(hostSide.destroyed).toBe(true);
  });

  it.each<[string, (agent: FakeAgent) => void]>([
    [
      "a frame for a stream that was never opened",
      (agent) => {
        agent.stdout(7, "x");
      },
    ],
    [
      "a control frame of unknown type",
      (agent) => {
        agent.raw(0x7f as FrameType, 0, "");
      },
    ],
    [
      "a second HELLO",
      (agent) => {
        agent.hello();
      },
    ],
    [
      "a second READY",
      (agent) => {
        agent.ready();
      },
    ],
    [
      "a frame that announces 4 GiB",
      (agent) => {
        agent.send(Buffer.alloc(9, 0xff));
      },
    ],
    [
      "a NOP with a payload",
      (agent) => {
        agent.raw(FrameType.NOP, 0, "x");
      },
    ],
  ])("is closed by %s", async (_name, misbehave) => {
    const { connection, agent } = await openConnection();
    const reason = closed(connection);
    misbehave(agent);
    expect(await reason).toBeInstanceOf(ProtocolViolation);
    expect(connection.usable).toBe(false);
  });

  it("tells every operation when it is lost, and refuses new ones", async () => {
    const { connection, agent } = await openConnection();
    const lost = new Promise<Error>((resolve) => {
      connection.start((stream) => hostFrame.stat(stream, Buffer.from("a")), {
        onFrame: () => false,
        onLost: resolve,
      });
    });
    agent.stream.end();
    expect(await lost).toBeInstanceOf(ConnectionLost);
    expect(() =>
      connection.start((stream) => hostFrame.stat(stream, Buffer.from("a")), {
        onFrame: () => false,
        onLost: () => undefined,
      }),
    ).toThrow(ConnectionLost);
  });

  it("ignores late frames of a stream that has ended", async () => {
    const { connection, agent } = await openConnection();
    const ended = new Promise<void>((resolve) => {
      connection.start((stream) => hostFrame.stat(stream, Buffer.from("a")), {
        onFrame: () => {
          resolve();
          return true;
        },
        onLost: () => undefined,
      });
    });
    agent.done(1);
    await ended;
    agent.stdout(1, "late");
    await connection.ping(1000);
    expect(connection.usable).toBe(true);
  });

  it("keeps the agent from taking itself for an orphan, and notices when it falls silent", async () => {
    const { connection, agent, clock } = await openConnection();
    const pinged = new Promise<void>((resolve) => {
      agent.onFrame = ({ type }) => {
        if (type === FrameType.PING) resolve();
      };
    });
    clock.advance(TEST_WELCOME.orphanTimeoutMs / 4);
    await pinged;
    agent.answersPings = false;
    const reason = closed(connection);
    clock.advance(TEST_WELCOME.orphanTimeoutMs * 1.5);
    expect((await reason).message).toContain("fell silent");
  });

  it("ping: resolves with the answer, rejects without one", async () => {
    const { connection, agent, clock } = await openConnection();
    await expect(connection.ping(1000)).resolves.toBeUndefined();
    agent.answersPings = false;
    const ping = connection.ping(1000);
    clock.advance(1000);
    await expect(ping).rejects.toThrow("did not answer in time");
  });

  it("refuses absurd credit", async () => {
    const { connection, agent } = await openConnection();
    connection.start((stream) => hostFrame.stat(stream, Buffer.from("a")), {
      onFrame: () => false,
      onLost: () => undefined,
    });
    const reason = closed(connection);
    agent.credit(1, 2 ** 32 - 1);
    agent.credit(1, 2 ** 32 - 1);
    expect(await reason).toBeInstanceOf(ProtocolViolation);
  });

  it("refuses another version", async () => {
    const clock = new FakeClock();
    const [hostSide, agentSide] = duplexPair();
    const opening = ExecdConnection.open(hostSide, {
      welcome: TEST_WELCOME,
      clock,
      greetingTimeoutMs: 1000,
    });
    const hello = new FrameWriter(FrameType.HELLO, 0)
      .u32(0x53425841)
      .u16(2)
      .str("x")
      .bytes(Buffer.alloc(0));
    new FakeAgent(agentSide).send(hello.finish());
    await expect(opening).rejects.toThrow("version 2");
  });

  it.each([
    ["none", Buffer.alloc(0)],
    ["another", Buffer.alloc(32, 2)],
    ["a shorter one", Buffer.alloc(31, 1)],
  ])("an agent that should return and has %s for its secret is told nothing", async (_, secret) => {
    const [hostSide, agentSide] = duplexPair();
    const agent = new FakeAgent(agentSide);
    const opening = ExecdConnection.open(hostSide, {
      welcome: TEST_WELCOME,
      clock: new FakeClock(),
      greetingTimeoutMs: 1000,
      expectedSecret: TEST_WELCOME.secret,
    });
    agent.hello(secret);
    await expect(opening).rejects.toThrow("without the secret");
    expect(agent.frames).toEqual([]);
  });

  it("an agent that returns with its secret is welcomed with the same", async () => {
    const [hostSide, agentSide] = duplexPair();
    const agent = new FakeAgent(agentSide);
    const opening = ExecdConnection.open(hostSide, {
      welcome: TEST_WELCOME,
      clock: new FakeClock(),
      greetingTimeoutMs: 1000,
      expectedSecret: TEST_WELCOME.secret,
    });
    agent.hello(TEST_WELCOME.secret);
    expect((await opening).usable).toBe(true);
    expect(agent.secret).toEqual(TEST_WELCOME.secret);
  });
});
