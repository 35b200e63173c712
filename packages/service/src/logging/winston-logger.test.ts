import { describe, expect, it } from "@jest/globals";
import { PassThrough } from "node:stream";
import { sandboxError } from "@sandbox-system/contract";
import { FakeClock } from "@sandbox-system/contract/testing";
import { createLogger, type LoggerOptions } from "./winston-logger.js";

function open(options: Partial<LoggerOptions> = {}) {
  const stream = new PassThrough();
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const logger = createLogger({ level: "info", format: "json", stream, clock, ...options });
  const text = () => String(stream.read() ?? "");
  return {
    logger,
    text,
    lines: () =>
      text()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
  };
}

describe("createLogger", () => {
  it("writes one JSON line an event", () => {
    const { logger, lines } = open();
    logger.info("session.create", { sessionId: "s", outcome: "ok" });
    expect(lines()).toEqual([
      {
        ts: "2030-01-01T00:00:00.000Z",
        level: "info",
        event: "session.create",
        sessionId: "s",
        outcome: "ok",
      },
    ]);
  });

  it("carries a child's fields, which a line may overrule", () => {
    const { logger, lines } = open();
    const child = logger.child({ requestId: "r", a: 1 }).child({ b: 2 });
    child.warn("x", { a: 3 });
    expect(lines()).toMatchObject([{ level: "warn", requestId: "r", a: 3, b: 2 }]);
  });

  it("leaves out what is below its level", () => {
    const { logger, text } = open({ level: "warn" });
    logger.debug("x");
    logger.info("x");
    expect(text()).toBe("");
  });

  it("redacts secrets by name, at any depth", () => {
    const { logger, text } = open();
    logger.info("x", {
      apiKey: "hunter2",
      a: { Authorization: "hunter2", list: [{ token: "hunter2" }] },
    });
    const written = text();
    expect(written).not.toContain("hunter2");
    expect(written).toContain("[redacted]");
  });

  it("unfolds errors with code and cause", () => {
    const { logger, lines } = open();
    const cause = new Error("behind");
    logger.error("x", { error: sandboxError("ENGINE_UNAVAILABLE", "away", { cause }) });
    expect(lines()).toMatchObject([
      { error: { code: "ENGINE_UNAVAILABLE", message: "away", cause: { message: "behind" } } },
    ]);
  });

  it("survives what JSON cannot say", () => {
    const { logger, lines } = open();
    const cyclic: Record<string, unknown> = { big: 1n };
    cyclic["self"] = cyclic;
    logger.info("x", { cyclic });
    expect(lines()).toMatchObject([{ cyclic: { big: "1" } }]);
  });

  it("writes for people when asked to", () => {
    const { logger, text } = open({ format: "pretty" });
    logger.info("worker.listen", { url: "http://localhost", none: undefined, n: 1 });
    expect(text()).toBe("2030-01-01T00:00:00.000Z INFO  worker.listen url=http://localhost n=1\n");
  });
});
