import { PassThrough, Writable } from "node:stream";
import Docker from "dockerode";
import type { AgentStream } from "../execd/execd-connection.js";
import { AttachedStream } from "./attached-stream.js";
import type {
  ContainerEngine,
  ContainerSpec,
  ContainerSummary,
  EngineFacts,
  ImageFacts,
  ImagePreparation,
} from "./container-engine.js";
import { ContainerLabel } from "./container-labels.js";
import { dockerContainerConfig } from "./docker-container-config.js";
import { engineError, isInProgress, orUndefined } from "./docker-engine-error.js";
import { archiveOf, singleFileOf } from "./image-archive.js";

/** Longest an engine call may take, milliseconds: a create under load takes seconds, a dead engine must not hold a caller for ever. */
const CALL_TIMEOUT_MS = 60_000;

/** Longest line of an agent's diagnostics that is passed on, characters. */
const MAX_DIAGNOSTICS_LENGTH = 1000;

/** The Docker engine, through dockerode. The only file that imports it. */
export class DockerEngine implements ContainerEngine {
  readonly #docker: Docker;
  /** Without a call timeout: streams idle for hours. */
  readonly #streaming: Docker;

  /** `host`: as in DOCKER_HOST; undefined: the local socket. */
  constructor(host: string | undefined) {
    const connection = connectionOptions(host);
    this.#docker = new Docker({ ...connection, timeout: CALL_TIMEOUT_MS });
    this.#streaming = new Docker(connection);
  }

  facts(): Promise<EngineFacts> {
    return guard("ask the engine what it can do", async () => {
      const info = (await this.#docker.info()) as Record<string, unknown>;
      const security = stringsOf(info["SecurityOptions"]).join(" ");
      return {
        id: typeof info["ID"] === "string" ? info["ID"] : "unknown",
        memoryBytes: Number(info["MemTotal"] ?? 0),
        cpus: Number(info["NCPU"] ?? 0),
        version: typeof info["ServerVersion"] === "string" ? info["ServerVersion"] : "unknown",
        runtimes: Object.keys((info["Runtimes"] as object | undefined) ?? {}),
        seccomp: security.includes("name=seccomp"),
        rootless: security.includes("name=rootless"),
        memoryLimit: info["MemoryLimit"] === true,
        cpuQuota: info["CpuCfsQuota"] === true,
        pidsLimit: info["PidsLimit"] === true,
      };
    });
  }

  findImage(reference: string): Promise<ImageFacts | undefined> {
    return guard(`look for image ${reference}`, async () => {
      const image = await orUndefined(this.#docker.getImage(reference).inspect());
      if (image === undefined) return undefined;
      // An image may have no configuration at all, whatever the types say.
      const config = image.Config as Partial<typeof image.Config> | undefined;
      return {
        id: image.Id,
        architecture: image.Architecture,
        entrypoint: stringsOf(config?.Entrypoint),
        workingDir: config?.WorkingDir ?? "",
        labels: config?.Labels ?? {},
      };
    });
  }

  create(spec: ContainerSpec): Promise<string> {
    return guard("make a container", async () => {
      const container = await this.#docker.createContainer(dockerContainerConfig(spec));
      return container.id;
    });
  }

  attach(containerId: string, onDiagnostics: (line: string) => void): Promise<AgentStream> {
    return guard("attach to a container", async () => {
      const stream = await this.#streaming.getContainer(containerId).attach({
        stream: true,
        stdin: true,
        stdout: true,
        stderr: true,
        hijack: true,
      });
      const stdout = new PassThrough();
      this.#streaming.modem.demuxStream(stream, stdout, diagnosticsSink(onDiagnostics));
      return new AttachedStream(stream, stdout);
    });
  }

  start(containerId: string): Promise<void> {
    return guard("start a container", async () => {
      await this.#docker.getContainer(containerId).start();
    });
  }

  remove(containerId: string): Promise<void> {
    return guard("remove a container", async () => {
      const container = this.#docker.getContainer(containerId);
      try {
        await orUndefined(container.remove({ force: true, v: true }));
      } catch (error) {
        if (!isInProgress(error)) throw error;
        // It ended by itself and is being removed for that: gone is when that is done.
        await orUndefined(container.wait({ condition: "removed" }));
      }
    });
  }

  list(labels: Readonly<Record<string, string>>): Promise<ContainerSummary[]> {
    return guard("list containers", async () => {
      const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const containers = await this.#docker.listContainers({ all: true, filters: { label } });
      return containers.map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
    });
  }

  prepareImage(preparation: ImagePreparation): Promise<void> {
    const [repo, tag] = splitReference(preparation.reference);
    return guard(`prepare an image from ${preparation.from}`, () =>
      this.#withTemplate(preparation.from, async (container) => {
        await container.putArchive(await archiveOf(preparation.files), { path: "/" });
        const labels = Object.entries(preparation.labels).map(
          ([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`,
        );
        const changes = [
          `ENTRYPOINT ${JSON.stringify(preparation.entrypoint)}`,
          "CMD []",
          `USER ${preparation.user}`,
          `WORKDIR ${preparation.workingDir}`,
          ...labels,
        ];
        await container.commit({ repo, tag, changes: changes.join("\n") });
      }),
    );
  }

  readImageFile(image: string, path: string): Promise<Buffer | undefined> {
    return guard(`read ${path} of ${image}`, () =>
      this.#withTemplate(image, async (container) => {
        const archive = await orUndefined(container.getArchive({ path }));
        return archive === undefined ? undefined : await singleFileOf(archive);
      }),
    );
  }

  watch(signal: AbortSignal): Promise<void> {
    return guard("watch the engine", async () => {
      // Which events is all the same: it is the stream's end that tells something.
      const events = await this.#streaming.getEvents({
        filters: { label: [`${ContainerLabel.SYSTEM}=1`], event: ["oom"] },
        abortSignal: signal,
      });
      unrefSocketOf(events);
      await new Promise<void>((resolve) => {
        for (const end of ["close", "end", "error"]) events.on(end, resolve);
        events.resume();
      });
    });
  }

  /** A template container: never started, writable, only there to be filled or read. */
  async #withTemplate<T>(
    image: string,
    use: (container: Docker.Container) => Promise<T>,
  ): Promise<T> {
    const container = await this.#docker.createContainer({
      Image: image,
      Entrypoint: ["/none"],
      Cmd: [],
      Labels: { [ContainerLabel.SYSTEM]: "1" },
    });
    try {
      return await use(container);
    } finally {
      await container.remove({ force: true, v: true }).catch(() => undefined);
    }
  }
}

async function guard<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw engineError(what, error);
  }
}

function connectionOptions(host: string | undefined): Docker.DockerOptions {
  if (host === undefined) return {};
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const url = new URL(host.replace(/^tcp:/, "http:"));
  const protocol = url.protocol.replace(":", "") as "http" | "https" | "ssh";
  return {
    host: url.hostname,
    port: Number(url.port) || (protocol === "ssh" ? 22 : 2375),
    protocol,
    ...(url.username === "" ? {} : { username: url.username }),
  };
}

function stringsOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
  return list.filter((item) => typeof item === "string");
}

function splitReference(reference: string): [string, string] {
  const colon = reference.lastIndexOf(":");
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

/** An open event stream must not keep a process alive that has nothing else to do. */
function unrefSocketOf(stream: NodeJS.ReadableStream): void {
  (stream as { socket?: { unref?: () => void } }).socket?.unref?.();
}

function diagnosticsSink(onDiagnostics: (line: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      onDiagnostics(chunk.toString("utf8").trimEnd().slice(0, MAX_DIAGNOSTICS_LENGTH));
      done();
    },
  });
}
