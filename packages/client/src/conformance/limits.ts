import { describe, expect, it } from "@jest/globals";
import { Readable } from "node:stream";
import { FileTooLargeError, WorkspaceFullError } from "@sandbox-system/contract";
import type { World } from "./world.js";

const MIB = 1024 ** 2;

/** What a workspace may hold: files of 1 MiB, 3 MiB in all, 1,000 files. */
export function describeLimits(world: World): void {
  describe("a workspace", () => {
    it("takes files up to the maximum and none beyond", async () => {
      const client = await world.clientWithSession();
      expect(await client.uploadBytes("max", Buffer.alloc(MIB))).toMatchObject({ sizeBytes: MIB });
      const error: unknown = await client
        .uploadBytes("larger", Buffer.alloc(5 * MIB))
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FileTooLargeError);
      expect(error).toMatchObject({
        code: "FILE_TOO_LARGE",
        status: 413,
        message: expect.stringMatching(/^File size exceeds maximum/),
        details: { max_size_mb: 1, uploaded_size_mb: 5 },
      });
      expect((await client.listFiles()).totalFiles).toBe(1);
    });

    it("finds out about streams that turn out too large", async () => {
      const client = await world.clientWithSession();
      const chunks = Array.from({ length: 40 }, () => Buffer.alloc(65_536));
      await expect(client.uploadBytes("larger", Readable.from(chunks))).rejects.toMatchObject({
        code: "FILE_TOO_LARGE",
        message: expect.stringMatching(/^File size exceeds maximum/),
        details: { max_size_mb: 1 },
      });
      expect((await client.listFiles()).totalFiles).toBe(0);
    });

    it("is full at its size, and has room again when something is removed", async () => {
      const client = await world.clientWithSession();
      const upload = (name: string) => client.uploadBytes(name, Buffer.alloc(MIB - 65_536));
      for (const name of ["1", "2", "3"]) await upload(name);
      const error: unknown = await upload("4").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WorkspaceFullError);
      expect(error).toMatchObject({
        code: "WORKSPACE_SIZE_EXCEEDED",
        status: 507,
        details: { max_workspace_size_mb: 3 },
      });
      await client.removeFile("1");
      await upload("4");
    });

    it("stops a command that fills it", async () => {
      const client = await world.clientWithSession();
      await expect(
        client.execute(
          "for i in {1..50}; do head -c 1000000 /dev/zero > big$i; done 2>&1; sleep 30",
          { timeout: 20 },
        ),
      ).rejects.toMatchObject({ code: "WORKSPACE_SIZE_EXCEEDED", status: 507 });
      await client.removeFile("big1");
      expect(await client.execute("echo fine")).toMatchObject({ stdout: "fine\n" });
    });

    it("holds a thousand files and not one more", async () => {
      const client = await world.clientWithSession();
      const names = Array.from({ length: 1000 }, (_, index) => `f${String(index + 1)}`);
      const uploads = async (): Promise<void> => {
        for (let name = names.pop(); name !== undefined; name = names.pop()) {
          await client.uploadBytes(name, "");
        }
      };
      await Promise.all(Array.from({ length: 8 }, uploads));
      await expect(client.uploadBytes("f1001", "")).rejects.toMatchObject({
        code: "FILE_COUNT_EXCEEDED",
        status: 507,
        details: { max_total_files: 1000 },
      });
      await client.uploadBytes("f1000", "replaced");
      expect((await client.listFiles()).totalFiles).toBe(1000);
    });
  });
}
