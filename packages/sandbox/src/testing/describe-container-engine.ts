import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { ContainerEngine, ContainerSpec } from "../engine/container-engine.js";
import { HELLO_MAGIC, HEADER_BYTES } from "../execd/protocol/frame-type.js";

/** A spec of a sandbox that speaks over attach; a test changes what it is about. */
export function testSpec(labels: Record<string, string>): ContainerSpec {
  return {
    name: `test-${labels["sandbox.id"] ?? ""}`,
    image: "sandbox-secure:latest",
    entrypoint: ["/usr/local/bin/execd", "--transport=attach"],
    user: "sandboxuser",
    env: ["HOME=/home/sandboxuser"],
    labels,
    hostname: "sandbox",
    networkMode: "none",
    runtime: undefined,
    workspaceDir: "/workspace",
    tmpfs: { "/tmp": 1_048_576 },
    shmBytes: 1_048_576,
    memoryBytes: 64 * 1024 ** 2,
    cpuQuotaUs: 0,
    pidsLimit: 64,
    openFilesLimit: 256,
    fileBytesLimit: 1_048_576,
    socketMount: undefined,
  };
}

/** The conformance suite of the engine port: what every adapter must do. The image sandbox-secure:latest must be there. */
export function describeContainerEngine(name: string, makeEngine: () => ContainerEngine): void {
  describe(`${name} as a ContainerEngine`, () => {
    const engine = makeEngine();
    const made: string[] = [];
    const run = `conformance-${String(process.pid)}-${String(performance.now())}`;
    const labels = (id: string) => ({
      "sandbox.system": "1",
      "sandbox.worker": run,
      "sandbox.id": `${run}-${id}`.replaceAll(".", "-"),
    });
    const create = async (id: string): Promise<string> => {
      const container = await engine.create(testSpec(labels(id)));
      made.push(container);
      return container;
    };

    afterEach(async () => {
      await Promise.all(made.splice(0).map((id) => engine.remove(id)));
    });

    it("says what it can do", async () => {
      const facts = await engine.facts();
      expect(facts.version).not.toBe("");
      expect(facts.id).toMatch(/\w/);
      expect((await engine.facts()).id).toBe(facts.id);
      expect(facts.memoryBytes).toBeGreaterThan(1024 ** 2);
      expect(facts.cpus).toBeGreaterThanOrEqual(1);
      expect(facts.runtimes.length).toBeGreaterThan(0);
    });

    it("finds an image, or does not", async () => {
      expect(await engine.findImage("sandbox-secure:latest")).toMatchObject({
        entrypoint: ["/usr/local/bin/execd"],
        workingDir: "/workspace",
        labels: { "sandbox.user": "sandboxuser" },
      });
      expect(await engine.findImage("no-such-image:never")).toBeUndefined();
    });

    it("makes, attaches, starts: the agent's first words arrive", async () => {
      const id = await create("attach");
      const stream = await engine.attach(id, () => undefined);
      const first = once(stream, "data") as Promise<[Buffer]>;
      await engine.start(id);
      const [chunk] = await first;
      expect(chunk.readUInt32BE(HEADER_BYTES)).toBe(HELLO_MAGIC);
      stream.destroy();
    });

    it("lists by labels", async () => {
      const [first, second] = [await create("one"), await create("two")];
      const all = await engine.list({ "sandbox.worker": run });
      expect(all.map(({ id }) => id).sort()).toEqual([first, second].sort());
      const one = await engine.list(labels("one"));
      expect(one).toEqual([{ id: first, labels: expect.objectContaining(labels("one")) }]);
    });

    it("removes, and removes again", async () => {
      const id = await create("remove");
      await engine.start(id);
      await engine.remove(id);
      await engine.remove(id);
      expect(await engine.list({ "sandbox.worker": run })).toEqual([]);
    });

    it("tells an unknown image and an unknown container from other faults", async () => {
      const spec = { ...testSpec(labels("x")), image: "no-such-image:never" };
      await expect(engine.create(spec)).rejects.toMatchObject({ fault: "not-found" });
      await expect(engine.start("no-such-container")).rejects.toMatchObject({ fault: "not-found" });
    });

    it("prepares an image from another", async () => {
      const reference = `sandbox-prepared:${run.replaceAll(".", "-")}`;
      await engine.prepareImage({
        from: "sandbox-secure:latest",
        reference,
        files: [{ path: "opt/note", mode: 0o644, uid: 0, gid: 0, content: Buffer.from("hello") }],
        entrypoint: ["/usr/local/bin/execd"],
        user: "sandboxuser",
        workingDir: "/elsewhere",
        labels: { "sandbox.prepared": "1" },
      });
      expect(await engine.findImage(reference)).toMatchObject({
        workingDir: "/elsewhere",
        labels: expect.objectContaining({ "sandbox.prepared": "1" }),
      });
    });

    it("is watched until told otherwise", async () => {
      const stop = new AbortController();
      const watching = engine.watch(stop.signal);
      stop.abort();
      await watching.catch(() => undefined);
    });
  });
}
