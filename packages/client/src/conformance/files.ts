import { describe, expect, it } from "@jest/globals";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { FileNotFoundError } from "@sandbox-system/contract";
import type { World } from "./world.js";

const NAMES = [
  "plain.txt",
  "with space & more?.txt",
  "grüße-名前-🎉.txt",
  "100%2f#hash.txt",
  "-rf",
  "'quotes\" and \\backslash",
  "deep/er/and/deeper.txt",
  ".hidden",
  `${"n".repeat(250)}.txt`,
];

/** Names that are refused; the first ones by the client, the others by whoever has the files. */
const BAD_NAMES = ["", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "n\0", "n".repeat(256)];

/** Files in, out, listed and removed. */
export function describeFiles(world: World): void {
  describe("files", () => {
    it.each(NAMES)("may be called %j", async (name) => {
      const client = await world.clientWithSession();
      const result = await client.uploadBytes(name, "content");
      expect(result).toEqual({
        status: "uploaded",
        filename: name,
        path: `/workspace/${name}`,
        sizeBytes: 7,
      });
      expect((await client.readFile(name)).toString()).toBe("content");
      const { files } = await client.listFiles();
      expect(files.map((file) => file.name)).toEqual([name]);
      await client.removeFile(name);
      expect((await client.listFiles()).totalFiles).toBe(0);
    });

    it("may not be called what leads elsewhere or is no name", async () => {
      const client = await world.clientWithSession();
      for (const name of BAD_NAMES) {
        const refused = {
          code: "INVALID_PATH",
          status: 400,
          message: expect.stringMatching(/^Invalid file name .*: .*\.$/),
        };
        await expect(client.uploadBytes(name, "x")).rejects.toMatchObject(refused);
        await expect(client.readFile(name)).rejects.toMatchObject(refused);
        await expect(client.removeFile(name)).rejects.toMatchObject(refused);
      }
    });

    it("are exact, from nothing to megabytes, whole or streamed", async () => {
      const client = await world.clientWithSession();
      for (const size of [0, 1, 65_536, 65_537, 5_000_000]) {
        const bytes = Buffer.alloc(size, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
        await client.uploadBytes("whole.bin", bytes);
        expect((await client.readFile("whole.bin")).equals(bytes)).toBe(true);
        const stream = Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]);
        expect(await client.uploadBytes("streamed.bin", stream)).toMatchObject({ sizeBytes: size });
        expect((await client.readFile("streamed.bin")).equals(bytes)).toBe(true);
      }
    });

    it("go from the local disk and back", async () => {
      const client = await world.clientWithSession();
      const directory = await mkdtemp(join(tmpdir(), "conformance-"));
      const source = join(directory, "data.csv");
      await writeFile(source, "name,value\na,1\nb,2\n");
      expect(await client.uploadFile(source, "input.csv")).toMatchObject({ sizeBytes: 19 });
      expect((await client.execute("head -1 input.csv")).stdout).toBe("name,value\n");
      await client.execute("sort -r input.csv > output.csv");
      const target = join(directory, "output.csv");
      expect(await client.downloadFile("output.csv", target)).toBe(target);
      expect(await readFile(target, "utf8")).toBe("name,value\nb,2\na,1\n");
      await rm(directory, { recursive: true });
    });

    it("are listed newest first, with what ls -l would say", async () => {
      const client = await world.clientWithSession();
      await client.execute("mkdir d; echo 1 > first; touch -d '2001-02-03 04:05:06 UTC' d/old");
      await client.uploadBytes("second", "12345");
      const listing = await client.listFiles();
      expect(listing).toMatchObject({
        sessionId: client.session?.sessionId,
        workspaceDir: "/workspace",
        totalFiles: 3,
        totalSizeBytes: 7,
      });
      expect(listing.files.at(-1)).toEqual({
        name: "d/old",
        sizeBytes: 0,
        modified: new Date("2001-02-03T04:05:06.000Z"),
        permissions: "-rw-r--r--",
      });
      const times = listing.files.map(({ modified }) => modified.getTime());
      expect(times).toEqual([...times].sort((one, other) => other - one));
    });

    it("replace older ones whole", async () => {
      const client = await world.clientWithSession();
      await client.uploadBytes("a", "a long content");
      await client.uploadBytes("a", "short");
      expect((await client.readFile("a")).toString()).toBe("short");
    });

    it("are missed in one wording", async () => {
      const client = await world.clientWithSession();
      for (const attempt of [() => client.readFile("none"), () => client.removeFile("none")]) {
        const error: unknown = await attempt().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(FileNotFoundError);
        expect(error).toMatchObject({
          code: "FILE_NOT_FOUND",
          status: 404,
          message: 'There is no file "none" in the workspace.',
        });
      }
    });

    it("are not directories", async () => {
      const client = await world.clientWithSession();
      await client.execute("mkdir d");
      await expect(client.readFile("d")).rejects.toMatchObject({ code: "INVALID_PATH" });
      await expect(client.uploadBytes("d", "x")).rejects.toMatchObject({ code: "INVALID_PATH" });
    });

    it("leave nothing behind when their upload breaks", async () => {
      const client = await world.clientWithSession();
      const fault = new Error("source");
      async function* failing(): AsyncGenerator<Buffer> {
        for (let count = 0; count < 20; count += 1)
          yield await Promise.resolve(Buffer.alloc(65_536));
        throw fault;
      }
      await expect(client.uploadBytes("a", Readable.from(failing()))).rejects.toBe(fault);
      expect((await client.listFiles()).files).toEqual([]);
    });
  });
}
