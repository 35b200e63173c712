import { describe, expect, it } from "@jest/globals";
import { PoolExhaustedError } from "@sandbox-system/contract";
import type { World } from "./world.js";

/** More sessions than there may be: two. */
export function describePool(world: World): void {
  describe("a pool", () => {
    it("gives no more than its maximum, says when to come again, and recovers", async () => {
      const one = await world.clientWithSession();
      await world.clientWithSession();
      const third = world.client();
      const request = world.thread();
      const error: unknown = await third
        .getOrCreateSession(request)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PoolExhaustedError);
      expect(error).toMatchObject({
        code: "POOL_EXHAUSTED",
        status: 503,
        retryable: true,
        message: expect.stringContaining("Pool at max capacity"),
        retryAfterSeconds: expect.any(Number),
      });
      await one.closeSession();
      expect(await third.getOrCreateSession(request)).toMatchObject({ status: "created" });
      expect((await third.execute("echo fine")).stdout).toBe("fine\n");
    });
  });
}
