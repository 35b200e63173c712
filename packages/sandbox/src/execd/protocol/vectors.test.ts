import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { agentFrame, type WorkspaceEntry } from "./agent-frames.js";
import { FrameDecoder, type RawFrame } from "./frame-decoder.js";
import { FrameType, MAX_DATA_BYTES, PROTOCOL_VERSION } from "./frame-type.js";
import { U64_MAX } from "./frame-writer.js";
import { hostFrame } from "./host-frames.js";
import { ProtocolViolation } from "./protocol-violation.js";

interface EntryFields {
  pathHex: string;
  kind: number;
  size: string;
  mtimeMs: string;
  mode: number;
}

interface Fields {
  [name: string]: unknown;
  entry?: EntryFields;
  entries?: EntryFields[];
}

interface Vector {
  name: string;
  frame?: { type: keyof typeof FrameType; stream: number; fields: Fields };
  hex: string;
  error?: string;
}

const vectors = JSON.parse(
  readFileSync(join(__dirname, "../../../../execd/testdata/vectors.json"), "utf8"),
) as Vector[];

const valid = vectors.flatMap((vector) =>
  vector.frame === undefined ? [] : [{ ...vector, frame: vector.frame }],
);

/** Frames that the host sends, encoded from a vector's fields. */
function encode(stream: number, type: keyof typeof FrameType, f: Fields): Buffer | undefined {
  const text = (name: string): string => f[name] as string;
  const number = (name: string): number => f[name] as number;
  const hex = (name: string): Buffer => Buffer.from(text(name), "hex");
  const u64 = (name: string): bigint => BigInt(text(name));
  switch (type) {
    case "WELCOME":
      return hostFrame.welcome({
        secret: hex("secretHex"),
        workspaceDir: text("workspaceDir"),
        maxWorkspaceBytes: u64("maxWorkspaceBytes") as unknown as number,
        maxFiles: number("maxFiles"),
        killGraceMs: number("killGraceMs"),
        orphanTimeoutMs: number("orphanTimeoutMs"),
        window: number("window"),
      });
    case "PING":
      return hostFrame.ping(u64("nonce"));
    case "SHUTDOWN":
      return hostFrame.shutdown();
    case "EXEC":
      return hostFrame.exec(stream, {
        command: text("command"),
        cwd: text("cwd"),
        env: f["env"] as string[],
        timeoutMs: number("timeoutMs"),
        stdoutLimit: u64("stdoutLimit") as unknown as number,
        stderrLimit: u64("stderrLimit") as unknown as number,
        stdinFollows: number("flags") === 1,
      });
    case "STDIN":
      return hostFrame.stdin(stream, hex("dataHex"));
    case "STDIN_END":
      return hostFrame.stdinEnd(stream);
    case "CANCEL":
      return hostFrame.cancel(stream);
    case "CREDIT":
      return hostFrame.credit(stream, number("bytes"));
    case "READ":
      return hostFrame.read(
        stream,
        hex("pathHex"),
        u64("offset") as unknown as number,
        u64("length") === U64_MAX ? undefined : (u64("length") as unknown as number),
      );
    case "WRITE":
      return hostFrame.write(stream, {
        path: hex("pathHex"),
        mode: number("mode"),
        maxBytes: u64("maxBytes") as unknown as number,
        expectedBytes:
          u64("expectedBytes") === U64_MAX
            ? undefined
            : (u64("expectedBytes") as unknown as number),
      });
    case "LIST":
      return hostFrame.list(stream, hex("pathHex"), number("maxEntries"));
    case "STAT":
      return hostFrame.stat(stream, hex("pathHex"));
    case "MKDIR":
      return hostFrame.mkdir(stream, hex("pathHex"));
    case "REMOVE":
      return hostFrame.remove(stream, hex("pathHex"), number("recursive") === 1);
    case "DATA":
      return hostFrame.data(stream, hex("dataHex"));
    case "DATA_END":
      return hostFrame.dataEnd(stream);
    default:
      return undefined;
  }
}

const KINDS = { file: 1, directory: 2, symlink: 3, other: 4 } as const;

/** 2^53 - 1 stands for everything beyond it. */
function cut(text: string): string {
  return BigInt(text) > BigInt(Number.MAX_SAFE_INTEGER) ? String(Number.MAX_SAFE_INTEGER) : text;
}

function entryFields(entry: WorkspaceEntry): EntryFields {
  return {
    pathHex: entry.path.toString("hex"),
    kind: KINDS[entry.kind],
    size: String(entry.size),
    mtimeMs: String(entry.mtimeMs),
    mode: entry.mode,
  };
}

function cutEntry(fields: EntryFields): EntryFields {
  return { ...fields, size: cut(fields.size), mtimeMs: cut(fields.mtimeMs) };
}

/** Checks a frame that the agent sends against a vector's fields. False: the agent never sends it. */
function checkDecoded(type: keyof typeof FrameType, payload: Buffer, f: Fields): boolean {
  switch (type) {
    case "HELLO":
      if (f["version"] !== PROTOCOL_VERSION) {
        expect(() => agentFrame.hello(payload)).toThrow(ProtocolViolation);
        return true;
      }
      expect(agentFrame.hello(payload)).toEqual({
        version: f["version"],
        agentVersion: f["agentVersion"],
        secret: Buffer.from(f["secretHex"] as string, "hex"),
      });
      return true;
    case "READY":
      expect(agentFrame.ready(payload)).toEqual(f);
      return true;
    case "PONG":
      expect(String(agentFrame.pong(payload))).toBe(f["nonce"]);
      return true;
    case "CREDIT":
      expect(agentFrame.credit(payload)).toBe(f["bytes"]);
      return true;
    case "EXIT": {
      const exit = agentFrame.exit(payload);
      const flags =
        Number(exit.timedOut) +
        2 * Number(exit.oomKilled) +
        4 * Number(exit.cancelled) +
        8 * Number(exit.workspaceBytesExceeded) +
        16 * Number(exit.workspaceFilesExceeded);
      expect({ exitCode: exit.exitCode, signal: exit.signal, flags }).toEqual({
        exitCode: f["exitCode"],
        signal: f["signal"],
        flags: f["flags"],
      });
      expect(String(exit.stdoutDropped)).toBe(cut(f["stdoutDropped"] as string));
      expect(String(exit.stderrDropped)).toBe(cut(f["stderrDropped"] as string));
      expect(String(exit.durationUs)).toBe(cut(f["durationUs"] as string));
      return true;
    }
    case "ERROR":
      expect(agentFrame.failure(payload)).toEqual(f);
      return true;
    case "FILE_INFO":
    case "WRITTEN":
      expect(entryFields(agentFrame.entry(payload))).toEqual(cutEntry(f.entry as EntryFields));
      return true;
    case "ENTRIES":
      expect(agentFrame.entries(payload).map(entryFields)).toEqual(f.entries?.map(cutEntry));
      return true;
    case "STDOUT":
    case "STDERR":
    case "DATA":
      expect(payload.toString("hex")).toBe(f["dataHex"]);
      expect(payload.byteLength).toBeLessThanOrEqual(MAX_DATA_BYTES);
      return true;
    case "DONE":
    case "NOP":
      expect(payload.byteLength).toBe(0);
      return true;
    default:
      return false;
  }
}

function decodeOne(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  new FrameDecoder().push(bytes, (frame) => frames.push(frame));
  return frames;
}

describe("protocol vectors", () => {
  it("cover every frame type", () => {
    const covered = new Set(valid.map(({ frame }) => frame.type));
    expect([...Object.keys(FrameType)].filter((type) => !covered.has(type as "NOP"))).toEqual([]);
  });

  it.each(valid)("$name", ({ frame, hex }) => {
    const bytes = Buffer.from(hex, "hex");
    const [decoded, ...more] = decodeOne(bytes);
    expect(more).toEqual([]);
    expect(decoded?.type).toBe(FrameType[frame.type]);
    expect(decoded?.stream).toBe(frame.stream);
    const encoded = encode(frame.stream, frame.type, frame.fields);
    if (encoded !== undefined) expect(encoded.toString("hex")).toBe(hex);
    const checked = checkDecoded(frame.type, decoded?.payload ?? Buffer.alloc(0), frame.fields);
    expect(checked || encoded !== undefined).toBe(true);
  });

  it.each(vectors.filter(({ error, name }) => error === "oversize" && name.startsWith("length")))(
    "refuses: $name",
    ({ hex }) => {
      expect(() => decodeOne(Buffer.from(hex, "hex"))).toThrow(ProtocolViolation);
    },
  );

  const DECODERS: Partial<Record<number, (payload: Buffer) => unknown>> = {
    [FrameType.HELLO]: agentFrame.hello,
    [FrameType.READY]: agentFrame.ready,
    [FrameType.PONG]: agentFrame.pong,
    [FrameType.CREDIT]: agentFrame.credit,
    [FrameType.EXIT]: agentFrame.exit,
    [FrameType.ERROR]: agentFrame.failure,
    [FrameType.FILE_INFO]: agentFrame.entry,
    [FrameType.WRITTEN]: agentFrame.entry,
    [FrameType.ENTRIES]: agentFrame.entries,
    [FrameType.DONE]: agentFrame.empty,
    [FrameType.NOP]: agentFrame.empty,
  };
  const malformed = vectors.filter(
    ({ error, hex }) =>
      error !== undefined &&
      ["short-payload", "inner-length", "trailing-bytes", "bad-value"].includes(error) &&
      DECODERS[Buffer.from(hex, "hex")[4] ?? -1] !== undefined,
  );

  it.each(malformed)("refuses: $name", ({ hex }) => {
    const [frame] = decodeOne(Buffer.from(hex, "hex"));
    const decode = DECODERS[frame?.type ?? -1];
    expect(() => decode?.(frame?.payload ?? Buffer.alloc(0))).toThrow(ProtocolViolation);
  });
});
