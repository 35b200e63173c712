import type { ContainerEngine, ImageFile } from "../engine/container-engine.js";

/** The uid and gid that a user name gets where an image does not know it: that of the first ordinary user. */
const DEFAULT_ID = 1000;

/** Who a configured user is in an image, and what must be put into the image for that to be so. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly files: readonly ImageFile[];
}

/**
 * Looks a user up in an image's account files; one that is missing is added. `user`: a name or uid, optionally with `:group`; a
 * numeric user needs no entry.
 */
export async function ensureAccount(
  engine: ContainerEngine,
  image: string,
  user: string,
  home: string,
): Promise<Account> {
  const [name = user, group] = user.split(":");
  if (/^\d+$/.test(name)) {
    const uid = Number(name);
    return {
      uid,
      gid: group !== undefined && /^\d+$/.test(group) ? Number(group) : uid,
      files: [],
    };
  }
  const passwd = await accountFile(engine, image, "/etc/passwd");
  const known = passwd.find((fields) => fields[0] === name);
  if (known !== undefined) return { uid: Number(known[2]), gid: Number(known[3]), files: [] };
  const groups = await accountFile(engine, image, "/etc/group");
  const uid = freeId(passwd);
  const gid = freeId(groups);
  return {
    uid,
    gid,
    files: [
      rootFile("etc/passwd", [...passwd, [name, "x", `${uid}`, `${gid}`, "", home, "/bin/sh"]]),
      rootFile("etc/group", [...groups, [name, "x", `${gid}`, ""]]),
    ],
  };
}

async function accountFile(
  engine: ContainerEngine,
  image: string,
  path: string,
): Promise<string[][]> {
  const content = (await engine.readImageFile(image, path))?.toString("utf8") ?? "";
  return content
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(":"));
}

function freeId(entries: readonly (readonly string[])[]): number {
  const taken = new Set(entries.map((fields) => Number(fields[2])));
  let id = DEFAULT_ID;
  while (taken.has(id)) id += 1;
  return id;
}

function rootFile(path: string, entries: readonly (readonly string[])[]): ImageFile {
  const content = Buffer.from(entries.map((fields) => `${fields.join(":")}\n`).join(""));
  return { path, mode: 0o644, uid: 0, gid: 0, content };
}
