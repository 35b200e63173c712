import { describe, expect, it } from "@jest/globals";
import { listSessions } from "./list-sessions.js";
import { Session } from "./session.js";

function session(
  id: string,
  lastActivityMs: number,
  more: { tenant?: string; user?: string } = {},
) {
  return new Session({
    id,
    tenant: more.tenant ?? "t",
    threadId: `thread-${id}`,
    userId: more.user ?? "u",
    generation: 1,
    sandbox: undefined as never,
    createdAtMs: lastActivityMs,
    timeoutMs: 1,
    env: {},
    metadata: {},
  });
}

const ids = (sessions: readonly Session[]) => sessions.map(({ facts }) => facts.id);

describe("listSessions", () => {
  const all = [session("a", 1), session("b", 3), session("c", 2), session("d", 3)];

  it("newest activity first, ties by id", () => {
    expect(ids(listSessions(all, "t", {}).sessions)).toEqual(["d", "b", "c", "a"]);
  });

  it("pages through all of them, each once", () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = listSessions(all, "t", { limit: 1, cursor });
      seen.push(...ids(page.sessions));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["d", "b", "c", "a"]);
  });

  it("shows a tenant its own only, by user and thread if asked", () => {
    const mixed = [...all, session("x", 9, { tenant: "other" }), session("y", 8, { user: "v" })];
    expect(ids(listSessions(mixed, "other", {}).sessions)).toEqual(["x"]);
    expect(ids(listSessions(mixed, "t", { userId: "v" }).sessions)).toEqual(["y"]);
    expect(ids(listSessions(mixed, "t", { threadId: "thread-c" }).sessions)).toEqual(["c"]);
  });

  it.each(["", "!!", Buffer.from("x y").toString("base64url")])(
    "refuses a cursor that is none: %j",
    (cursor) => {
      expect(() => listSessions(all, "t", { cursor })).toThrow(
        expect.objectContaining({ code: "INVALID_REQUEST" }),
      );
    },
  );
});
