import { describe, expect, it } from "@jest/globals";
import { retryAfterSeconds } from "./retry-after.js";

const NOW = Date.parse("2026-01-02T03:04:05.500Z");

describe("retryAfterSeconds", () => {
  it.each([
    ["5", 5],
    [" 0 ", 0],
    ["Fri, 02 Jan 2026 03:04:10 GMT", 5],
    ["Fri, 02 Jan 2026 03:00:00 GMT", 0],
    ["soon", undefined],
    ["-1x", undefined],
    ["", undefined],
    [undefined, undefined],
    [["5"], undefined],
  ])("reads %j as %p", (header, seconds) => {
    expect(retryAfterSeconds(header, NOW)).toBe(seconds);
  });
});
