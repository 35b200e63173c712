import { beforeEach, describe, expect, it } from "@jest/globals";
import { silentLogger } from "@sandbox-system/contract";
import { FakeEngine } from "../testing/fake-engine.js";
import { resolveSandboxImage } from "./sandbox-image.js";

const OPTIONS = { image: "plain:1", user: "sandboxuser", workspaceDir: "/workspace" };
const PASSWD = "root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1000::/home/node:/bin/sh\n";

let engine: FakeEngine;

beforeEach(() => {
  engine = new FakeEngine();
  engine.images.set("plain:1", {
    id: "sha256:plain",
    architecture: "amd64",
    entrypoint: ["node"],
    workingDir: "",
    labels: {},
  });
  engine.imageFiles.set("/etc/passwd", Buffer.from(PASSWD));
  engine.imageFiles.set("/etc/group", Buffer.from("root:x:0:\nnode:x:1000:\n"));
});

const resolve = (options: Partial<typeof OPTIONS> = {}) =>
  resolveSandboxImage({
    engine,
    options: { ...OPTIONS, ...options },
    logger: silentLogger,
    execdPath: (architecture) => (architecture === "x64" ? __filename : "/nonexistent/execd"),
  });

describe("resolveSandboxImage", () => {
  it("an image that carries the agent is used as it is", async () => {
    expect(await resolve({ image: "sandbox-secure:latest" })).toEqual({
      reference: "sandbox-secure:latest",
      user: "sandboxuser",
      homeDir: "/home/sandboxuser",
    });
    expect(engine.prepared).toEqual([]);
  });

  it("another one is prepared once", async () => {
    const first = await resolve();
    expect(first.reference).toMatch(/^sandbox-prepared:[0-9a-f]{24}$/);
    expect(await resolve()).toEqual(first);
    expect(engine.prepared).toHaveLength(1);
  });

  it("with the agent, a workspace and home that the user owns, and an account with a free id", async () => {
    await resolve();
    const files = engine.prepared[0]?.files ?? [];
    const byPath = new Map(files.map((file) => [file.path, file]));
    expect(byPath.get("usr/local/bin/execd")).toMatchObject({ mode: 0o755, uid: 0 });
    expect(byPath.get("workspace")).toMatchObject({ uid: 1001, gid: 1001, content: undefined });
    expect(byPath.get("home/sandboxuser")).toMatchObject({ uid: 1001 });
    expect(Buffer.from(byPath.get("etc/passwd")?.content ?? []).toString()).toBe(
      `${PASSWD}sandboxuser:x:1001:1001::/home/sandboxuser:/bin/sh\n`,
    );
  });

  it("a user that the image knows keeps its ids, and the account files stay", async () => {
    await resolve({ user: "node" });
    const paths = engine.prepared[0]?.files.map(({ path }) => path);
    expect(paths).toEqual(["usr/local/bin/execd", "home/node", "workspace"]);
    expect(engine.prepared[0]?.files[2]).toMatchObject({ uid: 1000, gid: 1000 });
  });

  it("is prepared anew for another user, workspace or content", async () => {
    const references = new Set([
      (await resolve()).reference,
      (await resolve({ user: "node" })).reference,
      (await resolve({ workspaceDir: "/data" })).reference,
    ]);
    expect(references.size).toBe(3);
  });

  it.each([
    ["a missing image", "none:1", "docker pull none:1"],
    ["an architecture without an agent", "riscv:1", "riscv64"],
    ["an agent that was not built", "arm:1", "npm run setup"],
  ])("%s: says what to do", async (_name, image, advice) => {
    const plain = engine.images.get("plain:1")!;
    engine.images.set("riscv:1", { ...plain, architecture: "riscv64" });
    engine.images.set("arm:1", { ...plain, architecture: "arm64" });
    await expect(resolve({ image })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining(advice),
    });
  });
});
