import assert from "node:assert/strict";
import { test } from "node:test";
import { explainFailure } from "./diagnosis.mjs";

/** @type {any} */
const context = {
  run: async (/** @type {string} */ _command, /** @type {readonly string[]} */ args) => ({
    code: 0,
    output: `last words of ${args.at(-1)}`,
  }),
};

/**
 * @param {string} service
 * @param {object} [state]
 * @returns {any}
 */
const container = (service, state = {}) => ({
  id: `id-${service}`,
  service,
  status: "running",
  health: "healthy",
  exitCode: 0,
  restarts: 0,
  ...state,
});

test("the one that failed is named with its last words, those that are well are not", async () => {
  const failure = await explainFailure(
    context,
    [
      container("redis"),
      container("worker1", { health: "starting" }),
      container("worker2", { health: "unhealthy" }),
    ],
    "",
  );
  assert.match(failure.message, /worker2 is unhealthy[\s\S]*last words of id-worker2/);
  assert.doesNotMatch(failure.message, /worker1|redis/);
  assert.ok(failure.advice.some((line) => line.includes("npm run cluster:down")));
});

test("when nobody failed outright, those that are missing are named", async () => {
  const late = container("coordinator", { health: "starting" });
  const failure = await explainFailure(context, [container("redis"), late], "Compose gave up");
  assert.match(failure.message, /coordinator is starting[\s\S]*Compose gave up/);
});

for (const said of [
  "driver failed programming external connectivity: Bind for 0.0.0.0:8000 failed: port is already allocated",
  "listen tcp4 0.0.0.0:8000: bind: address already in use",
]) {
  test(`a port that is taken: ${said.slice(-27)}`, async () => {
    const failure = await explainFailure(context, [container("worker1")], said);
    assert.match(failure.message, /port/);
    assert.ok(failure.advice[0]?.includes("--port="));
  });
}
