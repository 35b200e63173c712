/** Fakes for tests of this package and of those that build on it. */
export { bodyOf } from "./body-of.js";
export { createTestSession } from "./create-session.js";
export { type FakeCommandScript, type FakeProcess } from "./fake-command.js";
export { FakeNode } from "./fake-node.js";
export { FakeSandboxApi, type FakeSandboxOptions } from "./fake-sandbox-api.js";
export { rawRequest, type RawAnswer, readAnswer } from "./raw-request.js";
export { type Exit, freePort, ServerProcess, type ServerProgram, until } from "./server-process.js";
export { createTestApi, type TestApiOptions } from "./test-api.js";
export { withPath } from "./with-path.js";
