/** Test doubles that several packages share. */
export { FakeClock } from "./fake-clock.js";
export { type LoggedLine, RecordingLogger } from "./recording-logger.js";
