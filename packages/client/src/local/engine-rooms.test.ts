import { beforeEach, describe, expect, it } from "@jest/globals";
import { SandboxError, silentLogger } from "@sandbox-system/contract";
import { ignore } from "../testing/fake-backend.js";
import { FakeHostProcess } from "../testing/fake-host-process.js";
import { type FakeSandboxModule, fakeSandboxModule } from "../testing/fake-sandbox-module.js";
import type { CleanupTarget } from "./detached-cleanup.js";
import { EngineRooms } from "./engine-rooms.js";
import { importSandbox } from "./sandbox-module.js";

const LOCAL = { mode: "local" } as const;

describe("the engine rooms of a process", () => {
  let host: FakeHostProcess;
  let sandbox: FakeSandboxModule;
  let cleaned: CleanupTarget[];
  let rooms: EngineRooms;

  beforeEach(() => {
    host = new FakeHostProcess();
    sandbox = fakeSandboxModule();
    cleaned = [];
    rooms = new EngineRooms({
      host,
      importSandbox: () => Promise.resolve(sandbox.module),
      cleanUp: (target) => cleaned.push(target),
    });
  });

  it("are shared by clients with equal options, and stop with the last", async () => {
    const leases = await Promise.all([rooms.lease(LOCAL), rooms.lease({ ...LOCAL, settings: {} })]);
    expect(sandbox.services).toHaveLength(1);
    const [service] = sandbox.services;
    expect(leases.map((lease) => lease.service)).toEqual([service, service]);
    expect(service).toMatchObject({ starts: 1, stops: 0 });
    await leases[0].release();
    await leases[0].release();
    expect(service?.stops).toBe(0);
    await leases[1].release();
    expect(service?.stops).toBe(1);
    expect(host.watchers.size).toBe(0);
  });

  it("are apart for other settings and other loggers, each under a name of its own", async () => {
    await rooms.lease(LOCAL);
    await rooms.lease({ ...LOCAL, settings: { MAX_POOL_SIZE: "3" } });
    await rooms.lease({ ...LOCAL, logger: { ...silentLogger } });
    expect(sandbox.services.map(({ options }) => options.workerId)).toEqual([
      "local-7-abc-1",
      "local-7-abc-2",
      "local-7-abc-3",
    ]);
    expect(host.watchers.size).toBe(1);
  });

  it("take settings from the environment, and those of the options before them", async () => {
    host.environment = { DOCKER_HOST: "unix:///env", WORKER_ID: "worker1" };
    await rooms.lease(LOCAL);
    await rooms.lease({ ...LOCAL, settings: { DOCKER_HOST: "unix:///option" } });
    expect(sandbox.services.map(({ options }) => options)).toMatchObject([
      { workerId: "local-7-abc-1", dockerHost: "unix:///env" },
      { workerId: "local-7-abc-2", dockerHost: "unix:///option" },
    ]);
  });

  it("are opened anew after the last client has left", async () => {
    const first = await rooms.lease(LOCAL);
    const leaving = first.release();
    const second = await rooms.lease(LOCAL);
    await leaving;
    expect(second.service).not.toBe(first.service);
    expect(sandbox.services.map(({ stops }) => stops)).toEqual([1, 0]);
    expect(host.watchers.size).toBe(1);
  });

  it("are forgotten when they cannot start", async () => {
    const fault = new SandboxError("ENGINE_UNAVAILABLE", "no engine");
    sandbox.prepare = (service) => {
      service.starting = () => Promise.reject(fault);
    };
    const attempts = await Promise.allSettled([rooms.lease(LOCAL), rooms.lease(LOCAL)]);
    expect(attempts).toEqual([
      { status: "rejected", reason: fault },
      { status: "rejected", reason: fault },
    ]);
    expect(sandbox.services).toHaveLength(1);
    expect(host.watchers.size).toBe(0);
    sandbox.prepare = ignore;
    await rooms.lease(LOCAL);
    expect(sandbox.services).toHaveLength(2);
  });

  it("say what is wrong with the settings", async () => {
    const settings = { POOL_SIZE: "many" };
    await expect(rooms.lease({ ...LOCAL, settings })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("POOL_SIZE is wrong"),
    });
  });

  it("say what to do when the package is not there", async () => {
    const missing = new EngineRooms({
      host,
      importSandbox: () =>
        importSandbox(() => Promise.reject(new Error("Cannot find package 'x'"))),
      cleanUp: ignore,
    });
    const error: unknown = await missing.lease(LOCAL).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "LOCAL_MODE_UNAVAILABLE", retryable: false });
    expect((error as Error).message).toMatch(
      /^Failed to import server for local mode: .*npm install.*Cannot find package 'x'/,
    );
  });

  describe("at the end of the process", () => {
    it("are stopped when nothing is left to do, once", async () => {
      await rooms.lease(LOCAL);
      const { end } = host;
      await end.onIdle();
      await end.onIdle();
      expect(sandbox.services[0]?.stops).toBe(1);
      expect(cleaned).toEqual([]);
      expect(host.watchers.size).toBe(0);
    });

    it("are stopped on a signal", async () => {
      await rooms.lease(LOCAL);
      await host.end.onSignal();
      expect(sandbox.services[0]?.stops).toBe(1);
      expect(cleaned).toEqual([]);
    });

    it("are left to a process of its own when there is no time", async () => {
      await rooms.lease({ ...LOCAL, settings: { DOCKER_HOST: "tcp://engine" } });
      host.end.onExit();
      expect(cleaned).toEqual([{ workerId: "local-7-abc-1", dockerHost: "tcp://engine" }]);
    });

    it("are left to a process of its own when they cannot be stopped", async () => {
      sandbox.prepare = (service) => {
        service.stopping = () => Promise.reject(new Error("hangs"));
      };
      await rooms.lease(LOCAL);
      const { end } = host;
      await end.onIdle();
      end.onExit();
      expect(cleaned).toHaveLength(1);
    });

    it("are not forgotten while they are being stopped", async () => {
      sandbox.prepare = (service) => {
        service.stopping = () => new Promise(ignore);
      };
      const lease = await rooms.lease(LOCAL);
      void lease.release();
      host.end.onExit();
      expect(cleaned).toHaveLength(1);
    });
  });
});
