import { describe, expect, it } from "@jest/globals";
import { CommandRejectedError } from "@sandbox-system/contract";
import type { World } from "./world.js";

/** Commands that the default policy refuses, and by which rule. */
const REFUSED: readonly [command: string, rule: string][] = [
  ["rm -rf /", "forbidden-command"],
  ["ls; curl http://example.com", "forbidden-command"],
  ["echo $(wget x)", "forbidden-command"],
  ["gcc x.c", "command-not-allowed"],
  ["$SHELL -c ls", "command-name-not-literal"],
  ["echo 'unterminated", "syntax-error"],
];

/** What the command policy refuses. */
export function describePolicy(world: World): void {
  describe("the command policy", () => {
    it("refuses commands with a reason, without running any part of them", async () => {
      const client = await world.clientWithSession();
      for (const [command, rule] of REFUSED) {
        const error: unknown = await client
          .execute(`echo x > ran; ${command}`)
          .catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(CommandRejectedError);
        const { message } = error as CommandRejectedError;
        expect(error).toMatchObject({
          code: "COMMAND_REJECTED",
          status: 400,
          retryable: false,
          details: { rule, reason: message, command: expect.any(String) },
        });
      }
      expect((await client.listFiles()).totalFiles).toBe(0);
    });

    it("lets pass what only looks forbidden", async () => {
      const client = await world.clientWithSession();
      const result = await client.execute(`echo "farm" | grep -c farm; echo 'sudo rm'`);
      expect(result).toMatchObject({ exitCode: 0, stdout: "1\nsudo rm\n" });
    });
  });
}
