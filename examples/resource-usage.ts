// How much of its limits a workspace uses. The limits are the server's settings; in local mode, this process's.
import { SandboxClient } from "@sandbox-system/client";

const MAX_TOTAL_FILES = Number(process.env["MAX_TOTAL_FILES"] ?? 1000);
const MAX_WORKSPACE_SIZE_MB = Number(process.env["MAX_WORKSPACE_SIZE_MB"] ?? 500);

const client = new SandboxClient({ mode: "local" });
await client.getOrCreateSession({ userId: "user123", threadId: "usage" });
await client.uploadBytes("data.bin", new Uint8Array(3 * 1024 * 1024));

const files = await client.listFiles();
const sizeMb = (files.totalSizeBytes / 1024 / 1024).toFixed(2);
console.log(`Files: ${files.totalFiles}/${MAX_TOTAL_FILES}`);
console.log(`Size: ${sizeMb} MB / ${MAX_WORKSPACE_SIZE_MB} MB`);

await client.close();
