import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { sandboxError } from "@sandbox-system/contract";
import { SandboxClient } from "./sandbox-client.js";
import { FakeBackend } from "./testing/fake-backend.js";

describe("a client's files", () => {
  let backend: FakeBackend;
  let client: SandboxClient;
  let directory: string;

  beforeEach(async () => {
    backend = new FakeBackend();
    client = new SandboxClient({ mode: "local" }, { backend });
    directory = await mkdtemp(join(tmpdir(), "client-files-"));
    await client.getOrCreateSession({ userId: "u", threadId: "t" });
  });

  afterEach(() => rm(directory, { recursive: true }));

  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

  it.each([
    ["bytes", () => bytes],
    ["a view into a larger buffer", () => new Uint8Array(bytes.buffer, bytes.byteOffset, 300_000)],
    ["a stream", () => Readable.from([bytes.subarray(0, 1), bytes.subarray(1)])],
  ])("are uploaded from %s and read back exactly", async (_what, content) => {
    const result = await client.uploadBytes("dir/a.bin", content());
    expect(result).toEqual({
      status: "uploaded",
      filename: "dir/a.bin",
      path: "/workspace/dir/a.bin",
      sizeBytes: bytes.length,
    });
    expect((await client.readFile("dir/a.bin")).equals(bytes)).toBe(true);
  });

  it("take text as UTF-8, from strings and from streams of strings", async () => {
    await client.uploadBytes("a", "grüße 🎉");
    await client.uploadBytes("b", Readable.from(["grüße ", "🎉"]));
    expect((await client.readFile("a")).toString()).toBe("grüße 🎉");
    expect((await client.readFile("b")).toString()).toBe("grüße 🎉");
  });

  it.each([0, 1, 300_000])("are uploaded from local files of %d bytes", async (size) => {
    const local = join(directory, "ä b.csv");
    await writeFile(local, bytes.subarray(0, size));
    expect(await client.uploadFile(local)).toMatchObject({
      filename: "ä b.csv",
      sizeBytes: size,
    });
    expect(await client.uploadFile(local, "input.csv")).toMatchObject({ filename: "input.csv" });
    expect((await client.readFile("input.csv")).equals(bytes.subarray(0, size))).toBe(true);
  });

  it("are not uploaded from what is not a regular file", async () => {
    await expect(client.uploadFile(join(directory, "none"))).rejects.toMatchObject({
      code: "ENOENT",
    });
    await expect(client.uploadFile(directory)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("pass on what the source of an upload fails with", async () => {
    const fault = new Error("source");
    async function* failing(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(bytes);
      throw fault;
    }
    await expect(client.uploadBytes("a", Readable.from(failing()))).rejects.toBe(fault);
    await expect(client.readFile("a")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("pass on why the backend refuses an upload, and let the source go", async () => {
    const full = sandboxError("FILE_COUNT_EXCEEDED", "full");
    backend.writeFile = () => Promise.reject(full);
    const source = Readable.from([bytes]);
    await expect(client.uploadBytes("a", source)).rejects.toBe(full);
    expect(source.destroyed).toBe(true);
  });

  it("are downloaded to where the caller says, and nothing else is left there", async () => {
    await client.uploadBytes("dir/out.bin", bytes);
    const local = join(directory, "out.bin");
    expect(await client.downloadFile("dir/out.bin", local)).toBe(local);
    expect((await readFile(local)).equals(bytes)).toBe(true);
    expect(await readdir(directory)).toEqual(["out.bin"]);
  });

  it("are downloaded to the absolute form of a relative path", async () => {
    await client.uploadBytes("a", "new");
    const local = join(directory, "a");
    await writeFile(local, "old");
    expect(await client.downloadFile("a", relative("", local))).toBe(local);
    expect(await readFile(local, "utf8")).toBe("new");
  });

  it("leave an older local file alone when the download breaks", async () => {
    const local = join(directory, "a");
    await writeFile(local, "old");
    async function* breaking(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(bytes);
      throw sandboxError("SERVER_UNREACHABLE", "lost");
    }
    backend.readFile = () =>
      Promise.resolve({ sizeBytes: 1, content: Readable.from(breaking(), { objectMode: false }) });
    await expect(client.downloadFile("a", local)).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    expect(await readFile(local, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["a"]);
  });

  it("pass on what the local file system says", async () => {
    await client.uploadBytes("a", "x");
    const nowhere = join(directory, "none", "a");
    await expect(client.downloadFile("a", nowhere)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("may be named by their absolute path in the workspace", async () => {
    await client.uploadBytes("/workspace/a", "x");
    expect((await client.readFile("a")).toString()).toBe("x");
  });

  it.each(["", "..", "a/../b", "./a", "a/.", "/etc/passwd", "/workspace", "a//b", "a/", "\ud800"])(
    "may not be named %j",
    async (name) => {
      const refused = {
        code: "INVALID_PATH",
        message: expect.stringMatching(/^Invalid file name/),
      };
      await expect(client.readFile(name)).rejects.toMatchObject(refused);
      await expect(client.uploadBytes(name, "x")).rejects.toMatchObject(refused);
      await expect(client.removeFile(name)).rejects.toMatchObject(refused);
    },
  );
});
