// The client speaks HTTP to a worker (npm start) or to a coordinator; the API is that of local mode.
import { SandboxClient } from "@sandbox-system/client";

const client = new SandboxClient({
  mode: "remote",
  serverUrl: process.env["SANDBOX_URL"] ?? "http://localhost:5000",
});

await client.getOrCreateSession({ userId: "user123", threadId: "conversation_abc" });

await client.execute("echo hello > greeting.txt");
const result = await client.execute("ls -lh /workspace");
console.log(result.stdout);

await client.closeSession();
