// Many commands, one session, one result each. Commands that belong together go faster as one: "cmd1 && cmd2 && cmd3".
import { BatchSandboxClient } from "@sandbox-system/client";

await using batch = new BatchSandboxClient({ mode: "local" });

const results = await batch.executeBatch(
  ["echo 'b\na' > letters", "sort letters", "rm letters", "wc -l < letters"],
  { timeout: 30, userId: "user123" },
);
for (const { exitCode, stdout, stderr } of results) {
  // -1: the command was not run, for the reason in stderr; the others ran all the same.
  console.log(exitCode, JSON.stringify(exitCode === 0 ? stdout : stderr));
}
