// The client drives Docker on this machine; no server is needed.
import { SandboxClient } from "@sandbox-system/client";

const client = new SandboxClient({ mode: "local" });

// One session for each conversation.
await client.getOrCreateSession({ userId: "user123", threadId: "conversation_abc" });

// Files persist from one command to the next.
await client.execute(`echo '{"data": [1,2,3]}' > data.json`);
const result = await client.execute("jq '.data | add' data.json");
console.log(result.stdout.trim()); // 6

const files = await client.listFiles();
console.log(`Total files: ${files.totalFiles}`);

await client.closeSession();
