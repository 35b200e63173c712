import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import {
  type ContainerEngine,
  type ContainerSpec,
  type ContainerSummary,
  EngineError,
  type EngineFacts,
  type ImageFacts,
  type ImagePreparation,
} from "../engine/container-engine.js";
import type { AgentStream } from "../execd/execd-connection.js";
import { RESYNC_MARKER } from "../execd/resync.js";
import { FakeAgent } from "./fake-agent.js";

/** A container of the fake engine. */
export interface FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  running: boolean;
  /** The agent's end of its present connection, once started. */
  agent: FakeAgent | undefined;
  attached: AgentStream | undefined;
}

/** What every engine in the tests has. */
const FACTS: EngineFacts = {
  id: "fake-engine",
  memoryBytes: 8 * 1024 ** 3,
  cpus: 4,
  version: "fake",
  runtimes: ["runc"],
  seccomp: true,
  memoryLimit: true,
  cpuQuota: true,
  pidsLimit: true,
  rootless: false,
};

/** How often an agent that lost its host looks for another, milliseconds: a wait for the machine's own sockets, which no fake clock moves. */
const RETRY_MS = 5;

/**
 * An engine in memory whose containers hold a {@link FakeAgent}, over either transport. Agents survive their hosts: over a unix socket they connect
 * again by themselves, over attach they answer to a new host that announces itself.
 */
export class FakeEngine implements ContainerEngine {
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, ImageFacts>();
  readonly prepared: ImagePreparation[] = [];
  readonly imageFiles = new Map<string, Buffer>();
  engineFacts: EngineFacts = FACTS;
  /** Called with each agent before it greets. */
  onAgent: (agent: FakeAgent) => void = () => undefined;
  /** Containers see no host directory, as with an engine elsewhere. */
  sharesFiles = true;
  #away = false;
  #returns: Promise<void> = Promise.resolve();
  #watchers: (() => void)[] = [];
  #nextId = 1;

  constructor() {
    this.images.set("sandbox-secure:latest", {
      id: "sha256:fake",
      architecture: "amd64",
      entrypoint: ["/usr/local/bin/execd"],
      workingDir: "/workspace",
      labels: { "sandbox.user": "sandboxuser" },
    });
  }

  /** The engine stops answering, and its containers die with it. */
  goAway(): void {
    this.#away = true;
    for (const container of this.containers.values()) this.kill(container.id);
    this.containers.clear();
    for (const tell of this.#watchers) tell();
    this.#watchers = [];
  }

  comeBack(): void {
    this.#away = false;
  }

  /** The engine stops answering; containers and the connections to their agents live on. */
  fallSilent(): void {
    this.#away = true;
  }

  /** Agents that lost their host do not come back until the returned function is called. */
  holdReturns(): () => void {
    let letGo!: () => void;
    this.#returns = new Promise((resolve) => {
      letGo = resolve;
    });
    return letGo;
  }

  /** A container dies, as from `docker kill`. */
  kill(id: string): void {
    const container = this.containers.get(id);
    if (container === undefined) return;
    container.running = false;
    container.agent?.stream.end();
    container.agent?.stream.destroy();
    this.containers.delete(id);
  }

  async facts(): Promise<EngineFacts> {
    await this.#answer();
    return this.engineFacts;
  }

  async findImage(reference: string): Promise<ImageFacts | undefined> {
    await this.#answer();
    return this.images.get(reference);
  }

  async create(spec: ContainerSpec): Promise<string> {
    await this.#answer();
    if (!this.images.has(spec.image)) {
      throw new EngineError("not-found", `Cannot make a container: no such image ${spec.image}`);
    }
    const id = `container-${String(this.#nextId)}`;
    this.#nextId += 1;
    this.containers.set(id, { id, spec, running: false, agent: undefined, attached: undefined });
    return id;
  }

  async attach(containerId: string): Promise<AgentStream> {
    const container = await this.#container(containerId);
    const [hostSide, containerSide] = duplexPair();
    container.attached = containerSide;
    if (container.running) void this.#resync(container, containerSide);
    return hostSide;
  }

  async #resync(container: FakeContainer, stream: AgentStream): Promise<void> {
    await FakeAgent.afterResync(stream);
    await this.#returns;
    stream.write(RESYNC_MARKER);
    this.#greet(container, stream);
  }

  async start(containerId: string): Promise<void> {
    const container = await this.#container(containerId);
    container.running = true;
    const { socketMount } = container.spec;
    if (socketMount !== undefined && this.sharesFiles) {
      const socket = connect(join(socketMount.hostDir, "agent.sock"));
      await once(socket, "connect");
      this.#serveOver(container, socket);
    } else if (container.attached !== undefined) {
      this.#greet(container, container.attached);
    }
  }

  async remove(containerId: string): Promise<void> {
    await this.#answer();
    this.kill(containerId);
  }

  async list(labels: Readonly<Record<string, string>>): Promise<ContainerSummary[]> {
    await this.#answer();
    return [...this.containers.values()]
      .filter(({ spec }) =>
        Object.entries(labels).every(([name, value]) => spec.labels[name] === value),
      )
      .map(({ id, spec }) => ({ id, labels: spec.labels }));
  }

  async prepareImage(preparation: ImagePreparation): Promise<void> {
    await this.#answer();
    this.prepared.push(preparation);
    this.images.set(preparation.reference, {
      id: `sha256:${preparation.reference}`,
      architecture: "amd64",
      entrypoint: preparation.entrypoint,
      workingDir: preparation.workingDir,
      labels: preparation.labels,
    });
  }

  async readImageFile(_image: string, path: string): Promise<Buffer | undefined> {
    await this.#answer();
    return this.imageFiles.get(path);
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#answer();
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#watchers.push(resolve);
      signal.addEventListener("abort", () => {
        resolve();
      });
    });
  }

  /** One connection; when it is lost and the container lives, the next. */
  #serveOver(container: FakeContainer, socket: Socket): void {
    socket.unref();
    socket.once("close", () => {
      void this.#connectAgain(container);
    });
    this.#greet(container, socket);
  }

  async #connectAgain(container: FakeContainer): Promise<void> {
    await this.#returns;
    if (!container.running || container.spec.socketMount === undefined) return;
    const socket = connect(join(container.spec.socketMount.hostDir, "agent.sock"));
    socket.once("connect", () => {
      this.#serveOver(container, socket);
    });
    socket.once("error", () => {
      setTimeout(() => {
        void this.#connectAgain(container);
      }, RETRY_MS).unref();
    });
  }

  #greet(container: FakeContainer, stream: AgentStream): void {
    const agent = new FakeAgent(stream);
    agent.secret = container.agent?.secret ?? agent.secret;
    container.agent = agent;
    this.onAgent(agent);
    agent.hello(agent.secret);
  }

  async #container(id: string): Promise<FakeContainer> {
    await this.#answer();
    const container = this.containers.get(id);
    if (container === undefined) throw new EngineError("not-found", `No such container: ${id}`);
    return container;
  }

  #answer(): Promise<void> {
    return this.#away
      ? Promise.reject(
          new EngineError("unavailable", "Cannot reach: the container engine does not answer"),
        )
      : Promise.resolve();
  }
}
