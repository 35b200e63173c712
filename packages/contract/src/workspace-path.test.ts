import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { workspacePath } from "./workspace-path.js";

describe("workspacePath", () => {
  it.each([
    ["a.txt", "a.txt"],
    ["a/b/c", "a/b/c"],
    ["/workspace/a.txt", "a.txt"],
    ["-rf", "-rf"],
    ["...", "..."],
    ["a..b", "a..b"],
    ["ünï\n☃", "ünï\n☃"],
    ["%2e%2e", "%2e%2e"],
    ["x".repeat(255), "x".repeat(255)],
  ])("takes %j", (path, relative) => {
    expect(workspacePath(path, "/workspace")).toBe(relative);
  });

  it.each([
    ["", "empty"],
    ["/", "relative"],
    ["/etc/passwd", "relative"],
    ["/workspace", "relative"],
    ["/workspace/", "empty"],
    ["/workspace/../etc/passwd", '".."'],
    ["/workspacex/a", "relative"],
    ["..", '".."'],
    ["a/../b", '".."'],
    ["./a", '"."'],
    ["a//b", "empty part"],
    ["a/", "empty part"],
    ["a\0b", "NUL"],
    ["\ud800", "Unicode"],
    ["é".repeat(128), "255 bytes"],
    [`${"a/".repeat(2048)}b`, "4095 bytes"],
    [".execd-1", "reserved"],
    ["a/.execd-x/b", "reserved"],
  ])("refuses %j: %s", (path, why) => {
    expect(() => workspacePath(path, "/workspace")).toThrow(
      expect.objectContaining({ code: "INVALID_PATH", message: expect.stringContaining(why) }),
    );
  });

  it("whatever it takes stays beneath the workspace", () => {
    const part = fc.constantFrom("..", ".", "", "a", "workspace", "\0", "..a", "/", "etc");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, absolute) => {
        const path = (absolute ? "/workspace/" : "") + parts.join("/");
        let relative: string;
        try {
          relative = workspacePath(path, "/workspace");
        } catch {
          return;
        }
        const resolved = new URL(`file:///workspace/${encodeURI(relative)}`).pathname;
        expect(resolved.startsWith("/workspace/")).toBe(true);
        expect(relative.split("/")).not.toContain("..");
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});
