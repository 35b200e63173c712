// Files go in, are processed, and come out again.
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SandboxClient } from "@sandbox-system/client";

const directory = await mkdtemp(join(tmpdir(), "sandbox-files-"));
await writeFile(join(directory, "data.csv"), "name,value\nb,2\na,1\n");

const client = new SandboxClient({ mode: "local" });
await client.getOrCreateSession({ userId: "user123", threadId: "files" });

await client.uploadFile(join(directory, "data.csv"), "input.csv");
const head = await client.execute("head -5 input.csv");
console.log(head.stdout);

await client.execute("tail -n +2 input.csv | sort > output.csv");
const path = await client.downloadFile("output.csv", join(directory, "output.csv"));
console.log(await readFile(path, "utf8"));

// Without a local file: from and to memory.
await client.uploadBytes("note.txt", "from memory");
console.log((await client.readFile("note.txt")).toString());

await client.close();
