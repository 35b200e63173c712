import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { transformFileSync } from "@swc/core";

/**
 * Compiles one file of this package for a child process, whatever state the build is in.
 * @param file Below `src`; it must not import anything but Node's own modules and types.
 * @returns The URL to import.
 */
export function moduleForChild(file: string): string {
  const { code } = transformFileSync(resolve(__dirname, "..", file), {
    jsc: { target: "es2023", parser: { syntax: "typescript" } },
    module: { type: "es6" },
  });
  const compiled = join(mkdtempSync(join(tmpdir(), "client-child-")), "module.mjs");
  writeFileSync(compiled, code);
  return pathToFileURL(compiled).href;
}
