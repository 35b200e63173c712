// Builds the static execd binaries for both architectures into dist/. Needs Go 1.19 or newer.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

if (spawnSync("go", ["version"], { stdio: "ignore" }).status !== 0) {
  console.error(
    "execd: no `go` on the PATH. Install Go 1.19 or newer, or take the binaries from an image that was built with it.",
  );
  process.exit(1);
}

mkdirSync(join(here, "dist"), { recursive: true });
for (const arch of ["amd64", "arm64"]) {
  const output = join("dist", `execd-linux-${arch}`);
  const { status } = spawnSync(
    "go",
    [
      "build",
      "-trimpath",
      "-ldflags",
      `-s -w -X main.version=${version}`,
      "-o",
      output,
      "./cmd/execd",
    ],
    {
      cwd: here,
      stdio: "inherit",
      env: {
        ...process.env,
        CGO_ENABLED: "0",
        GOOS: "linux",
        GOARCH: arch,
        GOFLAGS: "-buildvcs=false",
      },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
  chmodSync(join(here, output), 0o755);
  console.log(`execd: built ${output}`);
}
