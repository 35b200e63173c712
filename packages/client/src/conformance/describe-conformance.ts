import { describe } from "@jest/globals";
import { describeBatches } from "./batches.js";
import { describeCommands } from "./commands.js";
import type { ConformanceTarget } from "./conformance-target.js";
import { describeFiles } from "./files.js";
import { describeLimits } from "./limits.js";
import { describeOutput } from "./output.js";
import { describePolicy } from "./policy.js";
import { describePool } from "./pool.js";
import { describeSessionEnds } from "./session-ends.js";
import { describeSessions } from "./sessions.js";
import { World } from "./world.js";

/**
 * Declares everything that a client promises, whatever runs its sandboxes: the same tests for local mode, a worker, and whatever
 * else speaks the API. Needs a Docker engine and the image of the sandboxes.
 */
export function describeConformance(name: string, target: ConformanceTarget): void {
  describe(`a client of ${name}`, () => {
    describe("in general", () => {
      const world = World.of(target);
      describeSessions(world);
      describeSessionEnds(world);
      describeCommands(world);
      describeOutput(world);
      describePolicy(world);
      describeFiles(world);
      describeBatches(world);
      world.leavesNothingBehind();
    });
    describe("near the limits of a workspace", () => {
      const world = World.of(target, { MAX_FILE_SIZE_MB: "1", MAX_WORKSPACE_SIZE_MB: "3" });
      describeLimits(world);
      world.leavesNothingBehind();
    });
    describe("near the limit of the pool", () => {
      const world = World.of(target, { POOL_SIZE: "0", MAX_POOL_SIZE: "2" });
      describePool(world);
      world.leavesNothingBehind();
    });
  });
}
