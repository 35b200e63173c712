import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import { openConnection } from "../testing/open-connection.js";
import { ExecdError } from "./execd-error.js";
import { FrameType } from "./protocol/frame-type.js";
import { readFile } from "./read-file.js";
import { listWorkspace, statEntry } from "./workspace-operations.js";
import { writeFile } from "./write-file.js";

const PATH = Buffer.from("a.bin");
const WRITE = { path: PATH, mode: 0o644, maxBytes: 1e6, expectedBytes: undefined };

describe("readFile", () => {
  it("tells what the file is, then streams it under flow control", async () => {
    const { connection, agent } = await openConnection({ window: 100 });
    let left = 350;
    let credit = 100;
    const pump = (stream: number): void => {
      while (left > 0 && credit > 0) {
        const size = Math.min(left, credit, 50);
        agent.raw(FrameType.DATA, stream, Buffer.alloc(size, 5));
        left -= size;
        credit -= size;
      }
      if (left === 0) agent.done(stream);
    };
    agent.onFrame = ({ type, stream, payload }) => {
      if (type === FrameType.READ) {
        agent.file(FrameType.FILE_INFO, stream, "a.bin", 350);
        pump(stream);
      }
      if (type === FrameType.CREDIT) {
        credit += payload.readUInt32BE(0);
        pump(stream);
      }
    };
    const file = await readFile(connection, PATH, 0, undefined);
    expect(file.entry).toMatchObject({ kind: "file", size: 350 });
    expect(await buffer(file.content)).toEqual(Buffer.alloc(350, 5));
    expect(connection.operationCount).toBe(0);
  });

  it("a reader who leaves stops the transfer", async () => {
    const { connection, agent } = await openConnection();
    const cancelled = new Promise<void>((resolve) => {
      agent.onFrame = ({ type, stream }) => {
        if (type === FrameType.READ) agent.file(FrameType.FILE_INFO, stream, "a.bin", 1e6);
        if (type === FrameType.CANCEL) {
          agent.error(stream, 8, "cancelled");
          resolve();
        }
      };
    });
    const file = await readFile(connection, PATH, 0, undefined);
    file.content.destroy();
    await cancelled;
    await connection.ping(1000);
    expect(connection.operationCount).toBe(0);
  });

  it("a file that is not there rejects", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.READ) agent.error(stream, 1, "no such file");
    };
    await expect(readFile(connection, PATH, 0, undefined)).rejects.toEqual(
      new ExecdError(1, "no such file"),
    );
  });

  it("a connection that is lost half-way fails the stream", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type !== FrameType.READ) return;
      agent.file(FrameType.FILE_INFO, stream, "a.bin", 100);
      agent.raw(FrameType.DATA, stream, "half");
    };
    const file = await readFile(connection, PATH, 0, undefined);
    const reading = buffer(file.content);
    agent.stream.end();
    await expect(reading).rejects.toThrow();
  });
});

describe("writeFile", () => {
  it("sends a stream as credit allows and resolves to what was written", async () => {
    const { connection, agent } = await openConnection({ window: 10 });
    let received = 0;
    agent.onFrame = ({ type, stream, payload }) => {
      if (type === FrameType.DATA) {
        expect(payload.byteLength).toBeLessThanOrEqual(10);
        received += payload.byteLength;
        agent.credit(stream, payload.byteLength);
      }
      if (type === FrameType.DATA_END) agent.file(FrameType.WRITTEN, stream, "a.bin", received);
    };
    const written = await writeFile(
      connection,
      WRITE,
      Readable.from([Buffer.alloc(25), Buffer.alloc(8)]),
    );
    expect(written.size).toBe(33);
  });

  it("a source that fails cancels the write, and its error comes out", async () => {
    const { connection, agent } = await openConnection();
    let ended = false;
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.DATA_END) ended = true;
      if (type === FrameType.CANCEL) agent.error(stream, 8, "cancelled");
    };
    const source = new Readable({
      read() {
        this.destroy(new Error("cut off"));
      },
    });
    await expect(writeFile(connection, WRITE, source)).rejects.toThrow("cut off");
    expect(ended).toBe(false);
  });

  it("a refusal comes out at once, though the source has stalled, and leaves the source alone", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.DATA) agent.error(stream, 12, "file too large");
    };
    const source = new Readable({ read: () => undefined });
    source.push(Buffer.alloc(10));
    await expect(writeFile(connection, WRITE, source)).rejects.toEqual(
      new ExecdError(12, "file too large"),
    );
    expect(source.destroyed).toBe(false);
  });

  it("an empty file is DATA_END alone", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.DATA_END) agent.file(FrameType.WRITTEN, stream, "a.bin", 0);
    };
    await writeFile(connection, WRITE, Buffer.alloc(0));
    expect(agent.frames.some(({ type }) => type === FrameType.DATA)).toBe(false);
  });
});

describe("workspace operations", () => {
  it("refuse frames out of place", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.LIST) agent.stdout(stream, "x");
    };
    await expect(listWorkspace(connection, 10)).rejects.toThrow("out of place");
  });

  it("STAT without an entry is a violation", async () => {
    const { connection, agent } = await openConnection();
    agent.onFrame = ({ type, stream }) => {
      if (type === FrameType.STAT) agent.done(stream);
    };
    await expect(statEntry(connection, PATH)).rejects.toThrow("without an entry");
  });
});
