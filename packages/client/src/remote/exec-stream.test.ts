import { describe, expect, it } from "@jest/globals";
import { EXIT_BODY, errorBody, sse } from "../testing/bodies.js";
import { ignore } from "../testing/fake-backend.js";
import { readExecStream } from "./exec-stream.js";

const EXIT = {
  exitCode: 0,
  executionTimeMs: 5,
  timedOut: false,
  oomKilled: false,
  stdoutTruncated: false,
  stderrTruncated: true,
};

interface Heard {
  readonly sinks: { onStdout: (chunk: Buffer) => void; onStderr: (chunk: Buffer) => void };
  readonly pieces: [stream: string, text: string][];
}

function listener(): Heard {
  const pieces: [string, string][] = [];
  return {
    pieces,
    sinks: {
      onStdout: (chunk) => pieces.push(["stdout", chunk.toString("latin1")]),
      onStderr: (chunk) => pieces.push(["stderr", chunk.toString("latin1")]),
    },
  };
}

async function* sent(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

describe("readExecStream", () => {
  const bytes = Buffer.from([0, 255, 254, 10, 128]);
  const text = [
    ": keep-alive\n\n",
    sse("stdout", { data: "grüße 🎉\nline\r\n", encoding: "utf8" }),
    sse("stderr", { data: bytes.toString("base64"), encoding: "base64" }),
    ": keep-alive\n\n",
    sse("later-version", { anything: 1 }),
    sse("stdout", { data: "", encoding: "utf8" }),
    sse("exit", EXIT_BODY),
  ].join("");
  const whole = Buffer.from(text);
  const pieces = [
    ["stdout", latin1("grüße 🎉\nline\r\n")],
    ["stderr", bytes.toString("latin1")],
    ["stdout", ""],
  ];

  it("hands the output over in order and resolves with the exit", async () => {
    const heard = listener();
    expect(await readExecStream(sent(whole), heard.sinks)).toEqual(EXIT);
    expect(heard.pieces).toEqual(pieces);
  });

  it("reads the same wherever the network cuts", async () => {
    for (let cut = 1; cut < whole.length; cut += 1) {
      const heard = listener();
      const body = sent(whole.subarray(0, cut), whole.subarray(cut));
      expect(await readExecStream(body, heard.sinks)).toEqual(EXIT);
      expect(heard.pieces).toEqual(pieces);
    }
  });

  it("reads the same byte by byte, and with other line ends", async () => {
    for (const ends of ["\n", "\r\n"]) {
      const heard = listener();
      const spelled = Buffer.from(text.replaceAll("\n", ends));
      const body = sent(...Array.from(spelled, (byte) => Buffer.of(byte)));
      expect(await readExecStream(body, heard.sinks)).toEqual(EXIT);
      expect(heard.pieces).toEqual(pieces);
    }
  });

  it("waits for a sink before it hands over the next piece", async () => {
    const order: string[] = [];
    const onStdout = async (chunk: Buffer): Promise<void> => {
      order.push(`begin ${chunk.toString()}`);
      await new Promise(setImmediate);
      order.push(`end ${chunk.toString()}`);
    };
    const one = sse("stdout", { data: "1", encoding: "utf8" });
    const two = sse("stdout", { data: "2", encoding: "utf8" });
    await readExecStream(sent(one + two + sse("exit", EXIT_BODY)), {
      onStdout,
      onStderr: onStdout,
    });
    expect(order).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("rejects with the error that an error event carries", async () => {
    const body = sent(sse("error", errorBody("WORKSPACE_SIZE_EXCEEDED", { limit: 1 })));
    await expect(readExecStream(body, listener().sinks)).rejects.toMatchObject({
      code: "WORKSPACE_SIZE_EXCEEDED",
      details: { limit: 1 },
      requestId: "req_server",
    });
  });

  it.each([
    ["ends before the exit", sse("stdout", { data: "x", encoding: "utf8" })],
    ["is empty", ""],
    ["holds an exit that cannot be read", sse("exit", { exit_code: "zero" })],
    ["is cut off within the exit", sse("exit", EXIT_BODY).slice(0, -2)],
    ["holds output that is not JSON", "event: stdout\ndata: {\n\n"],
    ["holds an event without an end", `event: stdout\ndata: ${"x".repeat(5 * 1024 * 1024)}`],
  ])("does not know what became of the command when the stream %s", async (_what, sentText) => {
    await expect(readExecStream(sent(sentText), listener().sinks)).rejects.toMatchObject({
      code: "OPERATION_INTERRUPTED",
      details: { admitted: "unknown" },
    });
  });

  it("does not mind what breaks after the exit", async () => {
    async function* breaking(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from(sse("exit", EXIT_BODY)));
      throw new Error("reset");
    }
    expect(await readExecStream(breaking(), listener().sinks)).toEqual(EXIT);
  });

  it("passes on what a sink throws", async () => {
    const fault = new Error("listener");
    const body = sent(sse("stdout", { data: "x", encoding: "utf8" }), sse("exit", EXIT_BODY));
    const sinks = {
      onStdout: () => {
        throw fault;
      },
      onStderr: ignore,
    };
    await expect(readExecStream(body, sinks)).rejects.toBe(fault);
  });
});
