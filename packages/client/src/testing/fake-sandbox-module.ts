import { Readable } from "node:stream";
import {
  type ExecResult,
  SettingsError,
  type SessionInfo,
  type SessionRequest,
} from "@sandbox-system/contract";
import type {
  ExecHooks,
  ExecRequest,
  SandboxModule,
  SandboxOptions,
  SandboxService,
} from "../local/sandbox-module.js";
import { FakeBackend, ignore, success } from "./fake-backend.js";

/** The part of an engine room that local mode uses, on {@link FakeBackend}; counts its starts and stops. */
class FakeService {
  readonly sessions = new FakeBackend();
  starts = 0;
  stops = 0;
  /** Settles `start`; tests replace it to fail or to wait. */
  starting: () => Promise<void> = () => Promise.resolve();
  stopping: () => Promise<void> = () => Promise.resolve();
  /** What `execute` does. */
  execution: (request: ExecRequest, hooks: ExecHooks) => Promise<ExecResult> = ({ command }) =>
    Promise.resolve(success(command));
  /** Every tenant that was named. */
  readonly tenants = new Set<string>();
  readonly requests: ExecRequest[] = [];

  constructor(readonly options: SandboxOptions) {}

  async start(): Promise<void> {
    this.starts += 1;
    await this.starting();
  }

  async stop(): Promise<void> {
    this.stops += 1;
    await this.stopping();
  }

  getOrCreateSession(tenant: string, request: SessionRequest): Promise<SessionInfo> {
    this.tenants.add(tenant);
    return this.sessions.getOrCreateSession(request);
  }

  endSession(tenant: string, sessionId: string): Promise<void> {
    this.tenants.add(tenant);
    return this.sessions.endSession(sessionId);
  }

  execute(
    tenant: string,
    _sessionId: string,
    request: ExecRequest,
    hooks: ExecHooks = {},
  ): Promise<ExecResult> {
    this.tenants.add(tenant);
    this.requests.push(request);
    return this.execution(request, hooks);
  }

  readFile(tenant: string, _sessionId: string, path: string) {
    this.tenants.add(tenant);
    const entry = { name: path, sizeBytes: 3, modified: new Date(0), permissions: "-rw-r--r--" };
    return Promise.resolve({
      entry,
      contentLength: 3,
      content: Readable.from([Buffer.from("abc")]),
    });
  }
}

/** A stand-in for the package `@sandbox-system/sandbox`, and the engine rooms that it made. */
export interface FakeSandboxModule {
  readonly module: SandboxModule;
  readonly services: FakeService[];
  /** Told of each new engine room before it starts. */
  prepare: (service: FakeService) => void;
}

/** A fresh stand-in. Settings other than whole numbers in the pool's sizes are faults. */
export function fakeSandboxModule(): FakeSandboxModule {
  const services: FakeService[] = [];
  const fake: FakeSandboxModule = {
    services,
    prepare: ignore,
    module: {
      sandboxSettings: { POOL_SIZE: {}, MIN_POOL_SIZE: {}, MAX_POOL_SIZE: {}, DOCKER_HOST: {} },
      parseSandboxOptions: (env: Record<string, string | undefined>) => {
        if (!/^\d+$/.test(env["POOL_SIZE"] ?? "")) throw new SettingsError(["POOL_SIZE is wrong"]);
        return { workerId: env["WORKER_ID"], dockerHost: env["DOCKER_HOST"] };
      },
      createSandboxService: (options: SandboxOptions) => {
        const service = new FakeService(options);
        services.push(service);
        fake.prepare(service);
        return service as unknown as SandboxService;
      },
    } as unknown as SandboxModule,
  };
  return fake;
}
