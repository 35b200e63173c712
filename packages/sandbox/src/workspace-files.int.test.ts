import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { SandboxService } from "./sandbox-service.js";
import { makeService, openSession, type OpenSession, TENANT } from "./testing/real-service.js";

// Containers start in 0.3 s, on a busy machine in several.
jest.setTimeout(60_000);

describe("files", () => {
  let service: SandboxService;
  let session: OpenSession;

  beforeAll(async () => {
    service = makeService({
      MAX_FILE_SIZE_MB: "2",
      MAX_WORKSPACE_SIZE_MB: "5",
      MAX_TOTAL_FILES: "20",
    });
    await service.start();
    session = await openSession(service, "files");
  });

  afterAll(async () => {
    await service.stop();
  });

  const write = (name: string, content: Buffer | Readable) =>
    service.writeFile(TENANT, session.sessionId, name, content);
  const read = async (name: string): Promise<Buffer> =>
    await buffer((await service.readFile(TENANT, session.sessionId, name)).content);

  it("goes up and comes down byte for byte", async () => {
    const bytes = randomBytes(1_500_000);
    const result = await write(
      "deep/er/data.bin",
      Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]),
    );
    expect(result).toEqual({
      status: "uploaded",
      filename: "deep/er/data.bin",
      path: "/workspace/deep/er/data.bin",
      sizeBytes: bytes.byteLength,
    });
    const hash = createHash("sha256").update(bytes).digest("hex");
    expect(await session.out("sha256sum deep/er/data.bin")).toContain(hash);
    expect(await read("deep/er/data.bin")).toEqual(bytes);
    await service.removeFile(TENANT, session.sessionId, "deep/er/data.bin");
  });

  it.each(["ünï cödé ☃.txt", "-rf", "new\nline", "x".repeat(255), ".hidden", "a b/c d"])(
    "takes the name %j as it is",
    async (name) => {
      await write(name, Buffer.from("x"));
      expect(await read(name)).toEqual(Buffer.from("x"));
      const { files } = await service.listFiles(TENANT, session.sessionId);
      expect(files.map((file) => file.name)).toContain(name);
      await service.removeFile(TENANT, session.sessionId, name);
    },
  );

  it.each([
    "",
    "/",
    "..",
    "../x",
    "a/../../x",
    "a//b",
    "./a",
    "/etc/passwd",
    "a\0b",
    "x".repeat(256),
    ".execd-1",
  ])("refuses the name %j", async (name) => {
    await expect(write(name, Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID_PATH" });
    await expect(read(name)).rejects.toMatchObject({ code: "INVALID_PATH" });
  });

  it("takes an absolute name below the workspace", async () => {
    await write("/workspace/abs.txt", Buffer.from("x"));
    expect(await session.out("cat abs.txt")).toBe("x");
    await service.removeFile(TENANT, session.sessionId, "abs.txt");
  });

  it("does not follow what leads out, hangs on nothing", async () => {
    await session.run("ln -s /etc/passwd leaf; ln -s /etc dir; mkfifo pipe; ln -s loop loop");
    for (const name of ["leaf", "dir/passwd", "pipe", "loop"]) {
      await expect(read(name)).rejects.toMatchObject({ code: "INVALID_PATH" });
    }
    await expect(write("dir/x", Buffer.from("x"))).rejects.toMatchObject({ code: "INVALID_PATH" });
    await session.run("rm -f leaf dir pipe loop");
  });

  it("reads a range", async () => {
    await write("r.txt", Buffer.from("0123456789"));
    const part = await service.readFile(TENANT, session.sessionId, "r.txt", { start: 2, end: 4 });
    expect(part.contentLength).toBe(3);
    expect((await buffer(part.content)).toString()).toBe("234");
    await expect(
      service.readFile(TENANT, session.sessionId, "r.txt", { start: 10 }),
    ).rejects.toMatchObject({ code: "RANGE_NOT_SATISFIABLE" });
    await service.removeFile(TENANT, session.sessionId, "r.txt");
  });

  it("a missing file is FILE_NOT_FOUND", async () => {
    await expect(read("none")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(service.removeFile(TENANT, session.sessionId, "none")).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
  });

  it("a file too large is refused before and while it is stored; nothing is left", async () => {
    const large = Buffer.alloc(2 * 1024 ** 2 + 1);
    const refusal = {
      code: "FILE_TOO_LARGE",
      message: expect.stringContaining("File size exceeds maximum"),
      details: { max_size_mb: 2, uploaded_size_mb: expect.any(Number) },
    };
    await expect(write("large", large)).rejects.toMatchObject(refusal);
    await expect(write("large", Readable.from([large]))).rejects.toMatchObject(refusal);
    expect(await session.out("find . -type f")).toBe("");
  });

  it("an upload cut off half-way leaves nothing behind", async () => {
    const source = new Readable({
      read() {
        this.push(Buffer.alloc(100_000));
        if (this.readableLength > 0) this.destroy(new Error("client went away"));
      },
    });
    await expect(write("half", source)).rejects.toThrow("client went away");
    expect(await session.out("find . -type f")).toBe("");
  });

  it("the file after the last one allowed is refused", async () => {
    for (let index = 0; index < 20; index += 1) await write(`f${String(index)}`, Buffer.from("x"));
    await expect(write("one-more", Buffer.from("x"))).rejects.toMatchObject({
      code: "FILE_COUNT_EXCEEDED",
    });
    await write("f0", Buffer.from("replaced"));
    await session.run("rm -f f*");
  });

  it("a full workspace refuses uploads, and a command that fills it is killed", async () => {
    await write("a", Buffer.alloc(2 * 1024 ** 2));
    await write("b", Buffer.alloc(2 * 1024 ** 2));
    await expect(write("c", Buffer.alloc(2 * 1024 ** 2))).rejects.toMatchObject({
      code: "WORKSPACE_SIZE_EXCEEDED",
    });
    await expect(
      session.run(
        "i=0; while :; do i=$((i+1)); head -c 200000 /dev/urandom > z$((i%15)); sleep 0.01; done",
      ),
    ).rejects.toMatchObject({ code: "WORKSPACE_SIZE_EXCEEDED" });
    await session.run("rm -f *");
    expect(await session.out("echo usable")).toBe("usable");
  });

  it("a single file over the workspace's size is stopped by the kernel, with the same error", async () => {
    await expect(session.run("head -c 30000000 /dev/zero > big")).rejects.toMatchObject({
      code: "WORKSPACE_SIZE_EXCEEDED",
    });
    await session.run("rm -f big");
  });

  it("a command that makes too many files is killed", async () => {
    await expect(
      session.run("for i in $(seq 100); do : > n$i; done; sleep 20"),
    ).rejects.toMatchObject({ code: "FILE_COUNT_EXCEEDED" });
    await session.run("rm -f n*");
  });
});
