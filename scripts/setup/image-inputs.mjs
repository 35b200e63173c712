import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/** The recipe of the sandbox image, in the checkout's root. */
export const DOCKERFILE = "Dockerfile.secure";

/** What Dockerfile.secure copies into its build stage: files, and folders with all that is below them. */
const SOURCE_FILES = ["packages/execd/go.mod", "packages/execd/package.json"];
const SOURCE_FOLDERS = ["packages/execd/cmd", "packages/execd/internal"];

/**
 * The files that decide what the sandbox image is, sorted; paths relative to the checkout, with "/". Tests of execd and their data
 * are not among them: .dockerignore keeps them out of the build.
 * @param {string} root absolute path of the checkout
 * @returns {string[]}
 */
export function imageInputs(root) {
  const below = SOURCE_FOLDERS.flatMap((folder) => filesBelow(root, folder));
  const compiled = below.filter((file) => !/_test\.go$|\/testdata\//.test(file));
  return [DOCKERFILE, ...SOURCE_FILES, ...compiled].sort();
}

/**
 * A hash of the names and contents of those files: equal hash, same image. It goes onto the image as the label `sandbox.inputs`.
 * @param {string} root absolute path of the checkout
 * @returns {string} 64 hexadecimal digits
 */
export function hashImageInputs(root) {
  return hashFiles(root, imageInputs(root));
}

/**
 * A hash of names and contents of files.
 * @param {string} root absolute path of the checkout
 * @param {readonly string[]} files relative to it, with "/"; in an order that is always the same
 * @returns {string} 64 hexadecimal digits
 */
export function hashFiles(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(path.join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * Every file in a folder and in those below it.
 * @param {string} root
 * @param {string} folder relative to it
 * @returns {string[]} relative to it too, with "/"
 */
export function filesBelow(root, folder) {
  const entries = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"));
}
