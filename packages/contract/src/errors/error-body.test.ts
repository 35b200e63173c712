import { describe, expect, it } from "@jest/globals";
import { ERROR_CODES, type ErrorCode } from "./error-codes.js";
import { errorFromBody, errorToBody } from "./error-body.js";
import { mayHaveRun } from "./may-have-run.js";
import {
  CommandRejectedError,
  FileTooLargeError,
  NoActiveSessionError,
  PoolExhaustedError,
  SessionExpiredError,
  sandboxError,
} from "./specific-errors.js";

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe("errors over the wire", () => {
  it.each(CODES)("%s comes back as it was thrown", (code) => {
    const thrown = sandboxError(code, "A sentence.", { details: { a: 1 } });
    const back = errorFromBody(errorToBody(thrown, "req_1"), { status: 400, retryAfterSeconds: 2 });
    expect(back).toBeInstanceOf(thrown.constructor);
    expect(back).toMatchObject({
      code,
      message: "A sentence.",
      details: { a: 1 },
      requestId: "req_1",
      retryAfterSeconds: 2,
      status: thrown.status,
      retryable: thrown.retryable,
    });
  });

  it.each<[ErrorCode, unknown]>([
    ["SESSION_EXPIRED", SessionExpiredError],
    ["SESSION_LOST", SessionExpiredError],
    ["SESSION_NOT_FOUND", SessionExpiredError],
    ["COMMAND_REJECTED", CommandRejectedError],
    ["POOL_EXHAUSTED", PoolExhaustedError],
    ["FILE_TOO_LARGE", FileTooLargeError],
  ])("%s is a class that callers branch on", (code, Class) => {
    const error = sandboxError(code, "x");
    expect(error).toBeInstanceOf(Class);
    expect(error.name).toBe((Class as { name: string }).name);
  });

  it.each([
    ["<html>Bad gateway</html>", 502, "INTERNAL_ERROR"],
    [{ error: "x", code: "NO_SUCH_CODE", request_id: "r" }, 503, "INTERNAL_ERROR"],
    [undefined, 404, "INVALID_REQUEST"],
    [{ code: "POOL_EXHAUSTED" }, 503, "INTERNAL_ERROR"],
  ])("a body of another shape names its status: %j", (body, status, code) => {
    const error = errorFromBody(body, { status });
    expect(error.code).toBe(code);
    expect(error.message).toContain(String(status));
  });

  it("no active session: the guide's wording", () => {
    expect(new NoActiveSessionError().message).toBe(
      "No active session. Call getOrCreateSession() first.",
    );
  });

  it("an error that may be retried as it is never leaves an effect in doubt", () => {
    const doubtful = CODES.filter((code) => mayHaveRun(sandboxError(code, "x")));
    expect(doubtful.filter((code) => ERROR_CODES[code].retryable)).toEqual([]);
    expect(doubtful).toContain("OPERATION_INTERRUPTED");
    const refused = sandboxError("OPERATION_INTERRUPTED", "x", { details: { admitted: false } });
    expect(mayHaveRun(refused)).toBe(false);
  });
});
