// What can go wrong, and how to tell it apart. Both modes throw the same errors.
import {
  CommandRejectedError,
  SandboxClient,
  SandboxError,
  SessionExpiredError,
} from "@sandbox-system/client";

const client = new SandboxClient({ mode: "local" });
await client.getOrCreateSession({ userId: "user123", threadId: "errors" });

async function run(command: string): Promise<void> {
  try {
    const result = await client.execute(command, { timeout: 2, autoRetry: true });
    // A command that fails or times out is a result, not an error.
    if (result.timedOut) console.log("Timed out, exit code 124");
    else console.log(`Exit code ${result.exitCode}: ${(result.stdout || result.stderr).trim()}`);
  } catch (error) {
    if (error instanceof SessionExpiredError) {
      console.error("The session is over, and no new one could be used");
    } else if (error instanceof CommandRejectedError) {
      console.log(`Invalid command: ${error.message}`);
    } else if (error instanceof SandboxError) {
      // Every other error has a code; `retryable` says whether the same call may be made again.
      console.error(`${error.code} (retryable: ${error.retryable}): ${error.message}`);
    } else {
      throw error;
    }
  }
}

await run("echo fine");
await run("cat missing.txt");
await run("sleep 60");
await run("wget https://example.com/data.json"); // upload the file instead

await client.close();
