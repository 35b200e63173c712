import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What docker prints on stdout, trimmed. Rejects when it fails; `stderr` says why. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args);
  return stdout.trim();
}

/** Whether an image is there already. */
export async function isImagePresent(image: string): Promise<boolean> {
  return docker("image", "inspect", "--format", "{{.Id}}", image).then(
    () => true,
    () => false,
  );
}
