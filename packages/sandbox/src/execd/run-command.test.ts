import { describe, expect, it } from "@jest/globals";
import type { FakeAgent } from "../testing/fake-agent.js";
import { openConnection } from "../testing/open-connection.js";
import type { ExecdConnection } from "./execd-connection.js";
import { ExecdError } from "./execd-error.js";
import type { Exit } from "./protocol/agent-frames.js";
import { type RawFrame } from "./protocol/frame-decoder.js";
import { FrameType } from "./protocol/frame-type.js";
import { ProtocolViolation } from "./protocol/protocol-violation.js";
import { type CommandRun, runCommand } from "./run-command.js";

function run(connection: ExecdConnection, options: Partial<CommandRun> = {}): Promise<Exit> {
  return runCommand(connection, {
    start: { command: "true", cwd: "", env: [], timeoutMs: 0, stdoutLimit: 1e6, stderrLimit: 1e6 },
    stdin: undefined,
    onStdout: () => undefined,
    onStderr: () => undefined,
    signal: undefined,
    ...options,
  });
}

/** Resolves with the next frame of that type that the agent gets. */
function next(agent: FakeAgent, type: FrameType): Promise<RawFrame> {
  return new Promise((resolve) => {
    const before = agent.onFrame;
    agent.onFrame = (frame) => {
      before(frame);
      if (frame.type === type) resolve(frame);
    };
  });
}

describe("runCommand", () => {
  it("delivers both streams in order, then the exit", async () => {
    const { connection, agent } = await openConnection();
    const got: string[] = [];
    agent.onFrame = ({ type, stream }) => {
      if (type !== FrameType.EXEC) return;
      agent.stdout(stream, "a");
      agent.stderr(stream, "b");
      agent.stdout(stream, "c");
      agent.exit(stream, { exitCode: 3 });
    };
    const exit = await run(connection, {
      onStdout: (chunk) => {
        got.push(`out:${chunk.toString()}`);
      },
      onStderr: (chunk) => {
        got.push(`err:${chunk.toString()}`);
      },
    });
    expect(exit.exitCode).toBe(3);
    expect(got).toEqual(["out:a", "err:b", "out:c"]);
  });

  it("grants credit only as the consumer takes the output", async () => {
    const { connection, agent } = await openConnection({ window: 1000 });
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const credit = next(agent, FrameType.CREDIT);
    agent.onFrame = ((before) => (frame: RawFrame) => {
      before(frame);
      if (frame.type === FrameType.EXEC) agent.stdout(frame.stream, Buffer.alloc(1000));
    })(agent.onFrame);
    const delivered = new Promise<void>((resolve) => {
      void run(connection, {
        onStdout: () => {
          resolve();
          return gate;
        },
      }).catch(() => undefined);
    });
    await delivered;
    await connection.ping(1000);
    expect(agent.frames.some(({ type }) => type === FrameType.CREDIT)).toBe(false);
    open();
    expect((await credit).payload.readUInt32BE(0)).toBe(1000);
  });

  it("an agent that sends more than its credit is a violation", async () => {
    const { connection, agent } = await openConnection({ window: 1000 });
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) agent.stdout(stream, Buffer.alloc(1001));
    };
    await expect(run(connection)).rejects.toBeInstanceOf(ProtocolViolation);
  });

  it("an empty data frame is a violation", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) agent.stdout(stream, "");
    };
    await expect(run(connection)).rejects.toBeInstanceOf(ProtocolViolation);
  });

  it("sends stdin as the agent grants credit, then its end", async () => {
    const { connection, agent } = await openConnection({ window: 4 });
    let received = "";
    agent.onFrame = ({ type, stream, payload }) => {
      if (type === FrameType.STDIN) {
        received += payload.toString();
        agent.credit(stream, payload.byteLength);
      }
      if (type === FrameType.STDIN_END) agent.exit(stream);
    };
    await run(connection, { stdin: Buffer.from("hello world") });
    expect(received).toBe("hello world");
  });

  it("an abort cancels, and the exit still resolves", async () => {
    const { connection, agent } = await openConnection();
    const abort = new AbortController();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) abort.abort();
      if (type === FrameType.CANCEL) agent.exit(stream, { exitCode: 143, signal: 15, flags: 4 });
    };
    const exit = await run(connection, { signal: abort.signal });
    expect(exit).toMatchObject({ cancelled: true, exitCode: 143 });
  });

  it("a consumer that throws kills the command, and its error comes out", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) agent.stdout(stream, "x");
      if (type === FrameType.CANCEL) agent.exit(stream, { flags: 4 });
    };
    const thrown = run(connection, {
      onStdout: () => {
        throw new Error("consumer broke");
      },
    });
    await expect(thrown).rejects.toThrow("consumer broke");
  });

  it("waits for slow consumers before it resolves", async () => {
    const { connection, agent } = await openConnection();
    const taken: string[] = [];
    agent.onFrame = ({ type, stream }) => {
      if (type !== FrameType.EXEC) return;
      for (const text of ["1", "2", "3"]) agent.stdout(stream, text);
      agent.exit(stream);
    };
    await run(connection, {
      onStdout: async (chunk) => {
        await Promise.resolve();
        taken.push(chunk.toString());
      },
    });
    expect(taken).toEqual(["1", "2", "3"]);
  });

  it("a command that could not start is an ExecdError", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.EXEC) agent.error(stream, 9, "no");
    };
    await expect(run(connection)).rejects.toEqual(new ExecdError(9, "no"));
  });
});
