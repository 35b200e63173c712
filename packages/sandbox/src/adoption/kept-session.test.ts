import { describe, expect, it } from "@jest/globals";
import { testKeptSession } from "../testing/kept-session.js";
import { formatKeptSession, isSandboxId, parseKeptSession } from "./kept-session.js";

type Json = Record<string, unknown>;

/** A good state file in which one thing was changed. */
function changed(change: (root: { sandbox: Json; session: Json } & Json) => void): string {
  const root = JSON.parse(formatKeptSession(testKeptSession())) as { sandbox: Json; session: Json };
  change(root);
  return JSON.stringify(root);
}

describe("kept sessions", () => {
  it("come back as they were", () => {
    const kept = testKeptSession({ timeoutMs: 300.5, threadId: "Gespräch 7 ✓" });
    expect(parseKeptSession(formatKeptSession(kept))).toEqual(kept);
  });

  it.each<[string, string]>([
    ["nothing", ""],
    ["half a file", formatKeptSession(testKeptSession()).slice(0, 100)],
    ["another JSON", "[]"],
    ["null", "null"],
    ["another version", changed((root) => (root["version"] = 2))],
    ["no version", changed((root) => delete root["version"])],
    ["a field too many", changed((root) => (root["more"] = 1))],
    ["a sandbox's field too many", changed(({ sandbox }) => (sandbox["more"] = 1))],
    ["a session's field too many", changed(({ session }) => (session["more"] = 1))],
    ["no sandbox", changed((root) => delete (root as Json)["sandbox"])],
    ["a path for an id", changed(({ sandbox }) => (sandbox["id"] = "../../etc"))],
    ["a URL for a container", changed(({ sandbox }) => (sandbox["containerId"] = "x/../y?z"))],
    ["an unknown transport", changed(({ sandbox }) => (sandbox["transport"] = "tcp"))],
    ["a short secret", changed(({ sandbox }) => (sandbox["secret"] = "AAAA"))],
    ["a secret that is none", changed(({ sandbox }) => (sandbox["secret"] = "§"))],
    ["a relative workspace", changed(({ sandbox }) => (sandbox["workspaceDir"] = "workspace"))],
    ["a number for a name", changed(({ session }) => (session["threadId"] = 7))],
    ["a line break in a name", changed(({ session }) => (session["userId"] = "a\nb"))],
    ["generation 0", changed(({ session }) => (session["generation"] = 0))],
    ["half a generation", changed(({ session }) => (session["generation"] = 1.5))],
    ["a negative timeout", changed(({ session }) => (session["timeoutMs"] = -1))],
    ["a time that is none", changed(({ session }) => (session["createdAtMs"] = null))],
    ["an environment that is none", changed(({ session }) => (session["env"] = { "A=B": "1" }))],
    ["metadata that is none", changed(({ session }) => (session["metadata"] = { a: 1 }))],
  ])("%s is malformed", (_name, text) => {
    expect(() => parseKeptSession(text)).toThrow(
      expect.objectContaining({ name: "StateMalformed" }),
    );
  });

  it("knows the names of sandboxes", () => {
    expect(isSandboxId(testKeptSession().sandbox.id)).toBe(true);
    expect(["", "sbx_", "sbx_../../../../../../../../..", "../x"].some(isSandboxId)).toBe(false);
  });
});
