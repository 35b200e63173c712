// From a sandbox that forgets: data went inline, because files did not persist.
//
//   await fetch("https://worker.example.workers.dev/execute", {
//     method: "POST",
//     body: JSON.stringify({ command: `jq '.data | add' <<< '{"data": [1,2,3]}'` }),
//   });
//
// From one with sessions by hand:
//
//   const sessionId = await createSession();
//   await execute(sessionId, "ls");
//   await cleanup(sessionId);
import { SandboxClient } from "@sandbox-system/client";

const client = new SandboxClient({ mode: "local" });

// The conversation names the session: got if it is there, made if it is not.
await client.getOrCreateSession({ userId: "user123", threadId: "migrated" });

// Files persist, so that data needs no here-document; what worked with one still does.
await client.execute(`echo '{"data": [1,2,3]}' > input.json`);
const result = await client.execute("jq '.data | add' input.json");
const inline = await client.execute(`jq '.data | add' <<< '{"data": [1,2,3]}'`);
console.log(result.stdout.trim(), inline.stdout.trim());

// A session that has expired is made anew, and the result says so: its files are gone.
console.log(`Session recreated: ${result.sessionRecreated}`);

// The session ends at its timeout, its containers with this process at the latest.
