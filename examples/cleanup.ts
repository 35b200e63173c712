// Sessions expire by themselves (SESSION_TIMEOUT_MINUTES); these are the ways to end them earlier.
import { SandboxClient } from "@sandbox-system/client";

// Explicitly; the client can be used for another session afterwards.
const client = new SandboxClient({ mode: "local" });
await client.getOrCreateSession({ userId: "user123", threadId: "explicit" });
await client.closeSession();
console.log(`Session after closeSession: ${client.session?.sessionId ?? "none"}`);
await client.close();

// At the end of a block, whatever happens in it.
{
  await using scoped = new SandboxClient({ mode: "local" });
  await scoped.getOrCreateSession({ userId: "user123", threadId: "scoped" });
  const result = await scoped.execute("ls -lh");
  console.log(`In the block: exit code ${result.exitCode}`);
}
console.log("After the block: session, files and containers are gone");
