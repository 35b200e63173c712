import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Where sockets go when nothing is configured: root's in /run, other users' in the temporary directory. */
export function defaultRunDir(): string {
  const { uid } = userInfo();
  return uid === 0 ? "/run/sandbox-system" : join(tmpdir(), `sandbox-system-${String(uid)}`);
}
