import { PassThrough, Writable } from "node:stream";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { AttachedStream } from "./attached-stream.js";
import {
  type ContainerEngine,
  type ContainerSummary,
  EngineError,
  type EngineFacts,
  type ImageFacts,
  type ImageFile,
} from "./container-engine.js";
import { ContainerLabel } from "./container-labels.js";
import { dockerContainerConfig } from "./docker-container-config.js";
import { singleFileOfTar } from "./single-file-of-tar.js";

/** Longest an engine call may take, milliseconds: a create under load takes seconds, a dead engine must not hold a caller for ever. */
const CALL_TIMEOUT_MS = 60_000;

/** System errors that mean that nobody answers at the engine's address. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EACCES",
  "EPIPE",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ETIMEDOUT",
]);

/** The Docker engine, through dockerode. The only file that imports it. `host`: as in DOCKER_HOST; undefined: the local socket. */
export function createDockerEngine(host: string | undefined): ContainerEngine {
  const docker = new Docker({ ...connectionOptions(host), timeout: CALL_TIMEOUT_MS });
  // Streams idle for hours; the call timeout would cut them off.
  const streaming = new Docker(connectionOptions(host));

  const run = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw engineError(what, error);
    }
  };

  /** A template container: never started, writable, only there to be filled or read. */
  const withTemplate = async <T>(
    image: string,
    use: (container: Docker.Container) => Promise<T>,
  ): Promise<T> => {
    const container = await docker.createContainer({
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
  };

  return {
    facts: () =>
      run("ask the engine what it can do", async (): Promise<EngineFacts> => {
        const info = (await docker.info()) as Record<string, unknown>;
        const security = stringsOf(info["SecurityOptions"]).join(" ");
        return {
          version: typeof info["ServerVersion"] === "string" ? info["ServerVersion"] : "unknown",
          runtimes: Object.keys((info["Runtimes"] as object | undefined) ?? {}),
          seccomp: security.includes("name=seccomp"),
          rootless: security.includes("name=rootless"),
          memoryLimit: info["MemoryLimit"] === true,
          cpuQuota: info["CpuCfsQuota"] === true,
          pidsLimit: info["PidsLimit"] === true,
        };
      }),

    findImage: (reference) =>
      run(`look for image ${reference}`, async (): Promise<ImageFacts | undefined> => {
        const image = await orUndefined(docker.getImage(reference).inspect());
        if (image === undefined) return undefined;
        const config = image.Config as Partial<typeof image.Config> | undefined;
        return {
          id: image.Id,
          architecture: image.Architecture,
          entrypoint: stringsOf(config?.Entrypoint),
          user: config?.User ?? "",
          workingDir: config?.WorkingDir ?? "",
          env: stringsOf(config?.Env),
        };
      }),

    create: (spec) =>
      run("make a container", async () => {
        const container = await docker.createContainer(dockerContainerConfig(spec));
        return container.id;
      }),

    attach: (containerId, onDiagnostics) =>
      run("attach to a container", async () => {
        const stream = await streaming.getContainer(containerId).attach({
          stream: true,
          stdin: true,
          stdout: true,
          stderr: true,
          hijack: true,
        });
        const stdout = new PassThrough();
        docker.modem.demuxStream(stream, stdout, diagnosticsSink(onDiagnostics));
        return new AttachedStream(stream, stdout);
      }),

    start: (containerId) =>
      run("start a container", async () => {
        await docker.getContainer(containerId).start();
      }),

    remove: (containerId) =>
      run("remove a container", async () => {
        await orGone(docker.getContainer(containerId).remove({ force: true, v: true }));
      }),

    list: (labels) =>
      run("list containers", async (): Promise<ContainerSummary[]> => {
        const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
        const containers = await docker.listContainers({ all: true, filters: { label } });
        return containers.map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
      }),

    prepareImage: (preparation) =>
      run(`prepare an image from ${preparation.from}`, () =>
        withTemplate(preparation.from, async (container) => {
          await container.putArchive(await tarOf(preparation.files), { path: "/" });
          const [repo, tag] = splitReference(preparation.reference);
          const labels = Object.entries(preparation.labels).map(
            ([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`,
          );
          await container.commit({
            repo,
            tag,
            changes: [
              `ENTRYPOINT ${JSON.stringify(preparation.entrypoint)}`,
              "CMD []",
              `USER ${preparation.user}`,
              `WORKDIR ${preparation.workingDir}`,
              ...labels,
            ].join("\n"),
          });
        }),
      ),

    readImageFile: (image, path) =>
      run(`read ${path} of ${image}`, () =>
        withTemplate(image, async (container) => {
          const archive = await orUndefined(container.getArchive({ path }));
          return archive === undefined ? undefined : await singleFileOfTar(archive);
        }),
      ),

    watch: (signal) =>
      run("watch the engine", async () => {
        const events = await streaming.getEvents({
          filters: { label: [`${ContainerLabel.SYSTEM}=1`], event: ["oom"] },
          abortSignal: signal,
        });
        unrefSocketOf(events);
        await new Promise<void>((resolve) => {
          events.on("close", resolve).on("end", resolve).on("error", () => {
            resolve();
          });
          events.resume();
        });
      }),
  };
}

function connectionOptions(host: string | undefined): Docker.DockerOptions {
  if (host === undefined) return {};
  if (host.startsWith("unix://")) {
    return { socketPath: host.slice("unix://".length) };
  }
  const url = new URL(host.replace(/^tcp:/, "http:"));
  const protocol = url.protocol.replace(":", "") as "http" | "https" | "ssh";
  return {
    host: url.hostname,
    port: Number(url.port) || (protocol === "ssh" ? 22 : 2375),
    protocol,
    ...(url.username === "" ? {} : { username: url.username }),
  };
}

function engineError(what: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { code, statusCode, reason, message } = error as {
    code?: string;
    statusCode?: number;
    reason?: string;
    message?: string;
  };
  const said = message ?? reason ?? String(error);
  if (statusCode === undefined && (code === undefined || UNREACHABLE.has(code))) {
    return new EngineError("unavailable", `Cannot ${what}: the container engine does not answer (${said})`, {
      cause: error,
    });
  }
  const fault = statusCode === 404 ? "not-found" : "refused";
  return new EngineError(fault, `Cannot ${what}: ${said}`, { cause: error });
}

function isStatus(error: unknown, ...statuses: number[]): boolean {
  return statuses.includes((error as { statusCode?: number }).statusCode ?? 0);
}

async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** 404: gone; 409: the engine is removing it already. */
async function orGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isStatus(error, 404, 409)) throw error;
  }
}

function stringsOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
  return list.filter((item) => typeof item === "string");
}

function splitReference(reference: string): [string, string] {
  const colon = reference.lastIndexOf(":");
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

async function tarOf(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, mode, uid, gid, content } of files) {
    const header = { name: path, mode, uid, gid };
    if (content === undefined) archive.entry({ ...header, type: "directory" });
    else archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** An open event stream must not keep a process alive that has nothing else to do. */
function unrefSocketOf(stream: NodeJS.ReadableStream): void {
  (stream as { socket?: { unref?: () => void } }).socket?.unref?.();
}

function diagnosticsSink(onDiagnostics: (line: string) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      onDiagnostics(chunk.toString("utf8").trimEnd().slice(0, 1000));
      done();
    },
  });
}
