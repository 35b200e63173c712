"use strict";

const path = require("node:path");

/** Go's names for the architectures that Node names `x64` and `arm64`. */
const GO_ARCH = { x64: "amd64", arm64: "arm64" };

/** See index.d.cts. */
function execdBinaryPath(arch) {
  const goArch = Object.hasOwn(GO_ARCH, arch) ? GO_ARCH[arch] : undefined;
  if (goArch === undefined) {
    throw new RangeError(`execd is not built for ${String(arch)}: x64 and arm64 are supported`);
  }
  return path.join(__dirname, "dist", `execd-linux-${goArch}`);
}

module.exports = { execdBinaryPath };
