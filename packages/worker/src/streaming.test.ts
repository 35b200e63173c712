import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import type { UploadResult, FileDownload } from "@sandbox-system/contract";
import { createTestSession } from "@sandbox-system/service/testing";
import { composeFakeWorker } from "./testing/compose-fake-worker.js";

const MIB = 1024 ** 2;
const SIZE = 100 * MIB;
/** What keeps the file is above this; the garbage of one process that plays client and server at once stays below. */
const MAX_GROWTH = 80 * MIB;

/** What sockets and streams between a fast writer and a slow reader may hold: the kernel's buffers, and a few chunks of ours. */
const MAX_IN_FLIGHT = 24 * MIB;

const CHUNK = Buffer.alloc(64 * 1024, "sandbox ");

/** A transfer with a slow reader; counts what has been made and not yet been read. */
class Transfer {
  readonly #hash = createHash("sha256");
  #made = 0;
  #read = 0;
  maxInFlight = 0;

  /** 100 MB, made as they are asked for. */
  *make(): Generator<Buffer> {
    for (; this.#made < SIZE; this.#made += CHUNK.length) {
      this.maxInFlight = Math.max(this.maxInFlight, this.#made - this.#read);
      yield CHUNK;
    }
  }

  /** Reads to the end, giving way to the writer after every piece. */
  async read(content: AsyncIterable<unknown>): Promise<number> {
    for await (const chunk of content) {
      this.#hash.update(chunk as Uint8Array);
      this.#read += (chunk as Uint8Array).length;
      await setImmediate();
    }
    return this.#read;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

const HASH = hashOf(new Transfer().make());

function hashOf(chunks: Iterable<Buffer>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** Highest growth of memory outside the JavaScript heap, where buffers live, while `work` runs. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const { external: before } = process.memoryUsage();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().external)), 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak - before;
}

describe("a file of 100 MB", () => {
  const composed = composeFakeWorker();
  let up: Transfer;
  let down: Transfer;
  let base = "";

  beforeEach(async () => {
    const { service, worker, app } = composed;
    up = new Transfer();
    down = new Transfer();
    // The fake would keep the bytes; here they are only looked at.
    service.writeFile = async (_tenant, _id, path, content): Promise<UploadResult> => {
      const sizeBytes = await up.read(content as Readable);
      return { status: "uploaded", filename: path, path, sizeBytes };
    };
    service.readFile = (): Promise<FileDownload> =>
      Promise.resolve({
        entry: { name: "big", sizeBytes: SIZE, modified: new Date(0), permissions: "-rw-r--r--" },
        contentLength: SIZE,
        content: Readable.from(down.make()),
      });
    await worker.listen();
    base = `http://127.0.0.1:${String(worker.port)}/v1/sessions/${await createTestSession(app)}`;
  });

  afterEach(() => composed.worker.stop("test is over"));

  it("streams up and down in flat memory, byte for byte, no faster than it is read", async () => {
    const growth = await growthDuring(async () => {
      expect(await upload(`${base}/files/big`, up)).toBe(201);
      const answer = await fetch(`${base}/files/big`);
      if (answer.body !== null) await down.read(answer.body);
    });
    expect([up.digest(), down.digest()]).toEqual([HASH, HASH]);
    expect(up.maxInFlight).toBeLessThan(MAX_IN_FLIGHT);
    expect(down.maxInFlight).toBeLessThan(MAX_IN_FLIGHT);
    expect(growth).toBeLessThan(MAX_GROWTH);
  });
});

async function upload(url: string, transfer: Transfer): Promise<number | undefined> {
  const request = httpRequest(url, { method: "PUT", headers: { "Content-Length": SIZE } });
  const status = new Promise<number | undefined>((resolve, reject) => {
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject);
  });
  await pipeline(Readable.from(transfer.make()), request);
  return status;
}
