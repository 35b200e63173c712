import { duplexPair } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { FakeAgent } from "../testing/fake-agent.js";
import { settled } from "../testing/settled.js";
import { FrameType, HELLO_MAGIC, PROTOCOL_VERSION } from "./protocol/frame-type.js";
import { FrameWriter } from "./protocol/frame-writer.js";
import { RESYNC_MARKER, RESYNC_PREAMBLE, skipToReturn } from "./resync.js";

const SECRET = Buffer.alloc(32, 7);

function hello(secret: Uint8Array): Buffer {
  return new FrameWriter(FrameType.HELLO, 0)
    .u32(HELLO_MAGIC)
    .u16(PROTOCOL_VERSION)
    .str("fake")
    .bytes(secret)
    .finish();
}

const ANSWER = Buffer.concat([RESYNC_MARKER, hello(SECRET)]);

/** What is left to read after the chunks have come; undefined: the agent's answer was not found. */
async function leftAfter(...chunks: Uint8Array[]): Promise<Buffer | undefined> {
  const [hostSide, agentSide] = duplexPair();
  const outcome = { found: false };
  void skipToReturn(hostSide, SECRET).then(() => (outcome.found = true));
  for (const chunk of chunks) {
    agentSide.write(chunk);
    await settled();
  }
  return outcome.found ? (hostSide.read() as Buffer) : undefined;
}

describe("skipToReturn", () => {
  it("drops what was left over and leaves HELLO and what follows", async () => {
    const rest = Buffer.from("then");
    const left = await leftAfter(Buffer.from("left over"), Buffer.concat([ANSWER, rest]));
    expect(left).toEqual(Buffer.concat([hello(SECRET), rest]));
  });

  it("finds the answer however it is cut", async () => {
    for (let cut = 1; cut < ANSWER.byteLength; cut += 1) {
      const left = await leftAfter(ANSWER.subarray(0, cut), ANSWER.subarray(cut));
      expect(left).toEqual(hello(SECRET));
    }
  });

  it("comes through a flood", async () => {
    const flood = Buffer.alloc(1_000_000, RESYNC_MARKER);
    expect(await leftAfter(flood, flood, ANSWER)).toEqual(hello(SECRET));
  });

  it.each<[string, Buffer]>([
    ["a marker that a command printed", RESYNC_MARKER],
    ["a HELLO with another secret", Buffer.concat([RESYNC_MARKER, hello(Buffer.alloc(32))])],
    ["a HELLO without a secret", Buffer.concat([RESYNC_MARKER, hello(Buffer.alloc(0))])],
    [
      "a HELLO that announces more than comes",
      Buffer.concat([RESYNC_MARKER, Buffer.from([0, 0, 4, 0, FrameType.HELLO, 0, 0, 0, 0])]),
    ],
    [
      "a HELLO that announces too much",
      Buffer.concat([RESYNC_MARKER, Buffer.from([0, 1, 0, 0, FrameType.HELLO, 0, 0, 0, 0])]),
    ],
    ["half a marker", RESYNC_MARKER.subarray(0, 9)],
  ])("is not taken in by %s", async (_name, forgery) => {
    expect(await leftAfter(forgery)).toBeUndefined();
    expect(await leftAfter(forgery, ANSWER)).toEqual(hello(SECRET));
    expect(await leftAfter(Buffer.concat([forgery, ANSWER]))).toEqual(hello(SECRET));
  });

  it("rejects when the stream ends first", async () => {
    const [hostSide, agentSide] = duplexPair();
    const skipped = skipToReturn(hostSide, SECRET);
    agentSide.end("left over");
    await expect(skipped).rejects.toThrow("did not answer to its new host");
  });

  it("what a new host says first is what the protocol asks for", async () => {
    expect(RESYNC_PREAMBLE.byteLength).toBe(262_153 + 16);
    const [hostSide, agentSide] = duplexPair();
    const resynced = FakeAgent.afterResync(agentSide);
    hostSide.write(RESYNC_PREAMBLE);
    await expect(resynced).resolves.toBeUndefined();
  });
});
