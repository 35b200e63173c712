import { it } from "@jest/globals";
import fc from "fast-check";
import { play, steps } from "../conformance/registry-model.js";
import { describeSessionRegistry } from "../conformance/session-registry-suite.js";
import { memoryRegistryWorld } from "../testing/memory-world.js";

describeSessionRegistry("in memory", () => Promise.resolve(memoryRegistryWorld()));

it("keeps its promises whatever several actors do, in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      await play(memoryRegistryWorld(), script);
    }),
    { numRuns: 1000 },
  );
});
