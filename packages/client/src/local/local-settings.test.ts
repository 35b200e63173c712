import { beforeAll, describe, expect, it } from "@jest/globals";
import { localEnvironment } from "./local-settings.js";
import { importSandbox, type SandboxModule } from "./sandbox-module.js";

describe("localEnvironment", () => {
  let parseSandboxOptions: SandboxModule["parseSandboxOptions"];

  beforeAll(async () => {
    ({ parseSandboxOptions } = await importSandbox());
  });

  it.each([
    [{}, { size: 2, minSize: 1, maxSize: 80 }],
    [{ POOL_SIZE: "7" }, { size: 7, minSize: 1, maxSize: 80 }],
    [{ POOL_SIZE: "0" }, { size: 0, minSize: 0, maxSize: 80 }],
    [{ MAX_POOL_SIZE: "1" }, { size: 1, minSize: 1, maxSize: 1 }],
    [{ MIN_POOL_SIZE: "4" }, { size: 4, minSize: 4, maxSize: 80 }],
    [
      { POOL_SIZE: " ", MIN_POOL_SIZE: "0", MAX_POOL_SIZE: "9" },
      { size: 2, minSize: 0, maxSize: 9 },
    ],
  ])("given %j keeps a pool of %j", (given, pool) => {
    const options = parseSandboxOptions(localEnvironment(given, "local-1"));
    expect(options.pool).toMatchObject(pool);
    expect(options.workerId).toBe("local-1");
  });

  it("leaves faults to be reported", () => {
    const given = { POOL_SIZE: "many", MEMORY_LIMIT: "little" };
    expect(() => parseSandboxOptions(localEnvironment(given, "local-1"))).toThrow(
      /POOL_SIZE="many".*[\s\S]*MEMORY_LIMIT="little"/,
    );
  });

  it("does not take the name of a worker that the environment is meant for", () => {
    expect(localEnvironment({ WORKER_ID: "worker1" }, "local-1")["WORKER_ID"]).toBe("local-1");
  });
});
