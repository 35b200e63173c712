import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ERROR_CODES, isErrorCode } from "./error-codes.js";

const document = readFileSync(join(__dirname, "../../../../docs/ERRORS.md"), "utf8");

describe("error codes", () => {
  it("docs/ERRORS.md tells of each, with its status and whether to retry, and of no other", () => {
    const rows = [
      ...document.matchAll(/^\| `([A-Z_]+)` \| (\d+|SDK) \| (yes|no) \| .+ \| .+ \|$/gm),
    ];
    const documented = rows.map(([, code, status, again]) => [code, status, again]);
    const actual = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => [
      code,
      status === null ? "SDK" : String(status),
      retryable ? "yes" : "no",
    ]);
    expect(documented).toEqual(actual);
  });

  it("a name from the prototype chain is no code", () => {
    expect(isErrorCode("POOL_EXHAUSTED")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
    expect(isErrorCode(404)).toBe(false);
  });
});
