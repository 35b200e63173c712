/** Test doubles of the engine room, for tests of the packages above it. */
export { FakeAgent, type ScriptedExit } from "./fake-agent.js";
export { type FakeContainer, FakeEngine } from "./fake-engine.js";
