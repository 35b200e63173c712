import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Logger, sandboxError } from "@sandbox-system/contract";
import { execdBinaryPath } from "@sandbox-system/execd";
import type { ContainerEngine, ImageFacts, ImageFile } from "../engine/container-engine.js";
import { IMAGE_USER_LABEL, PREPARED_IMAGE_LABEL } from "../engine/container-labels.js";
import type { ContainerOptions } from "../settings/sandbox-options.js";
import { ensureAccount } from "./account-files.js";

/** Path of the agent in every image. */
export const EXECD_PATH = "/usr/local/bin/execd";

/** Architectures that execd is built for, by Docker's name for them. */
const ARCHITECTURES: Readonly<Record<string, "x64" | "arm64">> = { amd64: "x64", arm64: "arm64" };

/** An image that sandboxes can be made from. */
export interface SandboxImage {
  readonly reference: string;
  readonly user: string;
  readonly homeDir: string;
}

/** What {@link resolveSandboxImage} works with. */
export interface ImageResolution {
  readonly engine: ContainerEngine;
  readonly options: Pick<ContainerOptions, "image" | "user" | "workspaceDir">;
  readonly logger: Logger;
  /** Where the agent's binary for an architecture is; default: where set-up puts it. */
  readonly execdPath?: (architecture: "x64" | "arm64") => string;
}

/**
 * Finds the configured image, ready for sandboxes. An image that carries execd and is set up for the configured user and
 * workspace is used as it is. From any other one an image is prepared once and kept under a name that follows from what went into it: the agent,
 * a workspace that the user owns, and the user's account are added. Containers could not be given these later: their root is read-only.
 * @throws SandboxError `ENGINE_UNAVAILABLE` when the image is not there or cannot be prepared.
 */
export async function resolveSandboxImage(resolution: ImageResolution): Promise<SandboxImage> {
  const { engine, options } = resolution;
  const facts = await engine.findImage(options.image);
  if (facts === undefined) throw imageMissing(options.image);
  const name = options.user.split(":")[0] ?? options.user;
  const homeDir = `/home/${/^\d+$/.test(name) ? "sandboxuser" : name}`;
  const reference = isReady(facts, options)
    ? options.image
    : await prepare(resolution, facts, homeDir);
  return { reference, user: options.user, homeDir };
}

function isReady(
  facts: ImageFacts,
  options: Pick<ContainerOptions, "user" | "workspaceDir">,
): boolean {
  return (
    facts.entrypoint[0] === EXECD_PATH &&
    facts.labels[IMAGE_USER_LABEL] === options.user &&
    facts.workingDir === options.workspaceDir
  );
}

async function prepare(
  { engine, options, logger, execdPath = execdBinaryPath }: ImageResolution,
  facts: ImageFacts,
  home: string,
): Promise<string> {
  const execd = await agentFor(facts, options.image, execdPath);
  const digest = createHash("sha256")
    .update(JSON.stringify([facts.id, options.user, options.workspaceDir]))
    .update(execd)
    .digest("hex");
  const reference = `sandbox-prepared:${digest.slice(0, 24)}`;
  if ((await engine.findImage(reference)) !== undefined) return reference;
  logger.info("image.prepare", { image: options.image, reference });
  const account = await ensureAccount(engine, options.image, options.user, home);
  const directory = (path: string): ImageFile => ({
    path: path.slice(1),
    mode: 0o755,
    uid: account.uid,
    gid: account.gid,
    content: undefined,
  });
  await engine.prepareImage({
    from: options.image,
    reference,
    files: [
      { path: EXECD_PATH.slice(1), mode: 0o755, uid: 0, gid: 0, content: execd },
      ...account.files,
      directory(home),
      directory(options.workspaceDir),
    ],
    entrypoint: [EXECD_PATH],
    user: options.user,
    workingDir: options.workspaceDir,
    labels: { [PREPARED_IMAGE_LABEL]: "1", [IMAGE_USER_LABEL]: options.user },
  });
  return reference;
}

async function agentFor(
  facts: ImageFacts,
  image: string,
  execdPath: (architecture: "x64" | "arm64") => string,
): Promise<Buffer> {
  const architecture = ARCHITECTURES[facts.architecture];
  if (architecture === undefined) {
    throw sandboxError(
      "ENGINE_UNAVAILABLE",
      `The image ${image} is for ${facts.architecture}; the agent is built for amd64 and arm64 only.`,
    );
  }
  const path = execdPath(architecture);
  try {
    return await readFile(path);
  } catch (cause) {
    throw sandboxError(
      "ENGINE_UNAVAILABLE",
      `The image ${image} does not contain the agent, and there is none at ${path} to add. Run: npm run setup`,
      { cause },
    );
  }
}

function imageMissing(image: string) {
  const remedy =
    image === "sandbox-secure:latest"
      ? "Build it with: npm run setup (or: docker build -f Dockerfile.secure -t sandbox-secure:latest .)"
      : `Get it with: docker pull ${image} (or set CONTAINER_IMAGE)`;
  return sandboxError("ENGINE_UNAVAILABLE", `The image ${image} is not there. ${remedy}`, {
    retryAfterSeconds: 5,
  });
}
