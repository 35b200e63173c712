import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { installPackages } from "./apt.mjs";
import { imageId } from "./docker-image.mjs";
import { SetupFailure } from "./failure.mjs";
import { pullImage } from "./image-pull.mjs";
import { STATE_DIR } from "./paths.mjs";

/** What both stages of Dockerfile.secure are built from. */
export const BASE_IMAGE = "debian:bookworm-slim";

const BOOTSTRAP_PACKAGES = ["mmdebstrap", "debian-archive-keyring"];

/**
 * The arguments that make mmdebstrap build what the official image holds: the required packages and apt, without manuals and
 * translations; with /bin and /lib merged from the start, which spares the program that would merge them, and Perl with it.
 * @param {string} tarball where the root file system goes
 * @returns {string[]}
 */
function bootstrapArguments(tarball) {
  return [
    "--variant=minbase",
    "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    "--include=usr-is-merged",
    ...["man", "info", "locale", "doc"].map(
      (folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`,
    ),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    // Copies of this machine's own: nothing about the host belongs in an image.
    '--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
    "bookworm",
    tarball,
  ];
}

/**
 * Sees to it that the engine has the base image: present, else pulled, else made from Debian's packages where this machine can.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<void>}
 * @throws {SetupFailure} when it is absent and neither way is open
 */
export async function ensureBaseImage(context) {
  const { host } = context;
  if ((await imageId(context, BASE_IMAGE)) !== undefined) return;
  if (await pullImage(context, BASE_IMAGE)) return;
  if (!(host.isRoot && host.usesApt && (await isForThisMachine(context)))) throw unavailable();
  await bootstrap(context);
}

/**
 * Makes the image from Debian's packages. By way of a file rather than a pipe: docker would import the first half of one that breaks off.
 * @param {import("./step.mjs").Context} context
 */
async function bootstrap(context) {
  const { root, must, report } = context;
  await installPackages(context, BOOTSTRAP_PACKAGES);
  report.doing(`no registry in reach: making ${BASE_IMAGE} from Debian's packages`);
  const tarball = path.join(root, STATE_DIR, "base-image.tar");
  mkdirSync(path.dirname(tarball), { recursive: true });
  try {
    await must("Making the base image", "mmdebstrap", bootstrapArguments(tarball), {
      advice: ["Is Debian's archive in reach?   apt-get update", ...otherWays()],
    });
    report.doing(`importing ${BASE_IMAGE}`);
    await must("Importing the base image", "docker", [
      "import",
      "--change",
      'CMD ["bash"]',
      "--change",
      "LABEL sandbox.base=mmdebstrap",
      "--message",
      "made by set-up with mmdebstrap from Debian's packages; docker pull replaces it by the official image",
      tarball,
      BASE_IMAGE,
    ]);
  } finally {
    rmSync(tarball, { force: true });
  }
}

/**
 * mmdebstrap makes an image for the processor that it runs on; the engine may be another machine's.
 * @param {import("./step.mjs").Context} context
 * @returns {Promise<boolean>}
 */
async function isForThisMachine({ run }) {
  const engine = await run("docker", ["version", "--format", "{{.Server.Arch}}"]);
  const here = await run("dpkg", ["--print-architecture"]);
  return here.code === 0 && engine.stdout.trim() === here.stdout.trim();
}

function unavailable() {
  return new SetupFailure(
    `The base image ${BASE_IMAGE} is not there, and no registry is in reach to pull it from.`,
    [
      "See why:                        docker pull debian:bookworm-slim",
      ...otherWays(),
      "Then run set-up again:          npm run setup",
    ],
  );
}

function otherWays() {
  return [
    "From a machine that has it:     docker save debian:bookworm-slim | ssh THIS-MACHINE docker load",
    "From a mirror of the registry:  docker pull MIRROR/debian:bookworm-slim && docker tag MIRROR/debian:bookworm-slim debian:bookworm-slim",
  ];
}
