import { describe, expect, it } from "@jest/globals";
import { testKeptSession } from "../testing/kept-session.js";
import { sortKeptSessions } from "./sort-kept-sessions.js";

describe("sortKeptSessions", () => {
  it("keeps sessions apart that have nothing in common", () => {
    const kept = [
      testKeptSession(),
      testKeptSession({ id: "ses_2", threadId: "other" }),
      testKeptSession({ id: "ses_3", tenant: "other" }),
    ];
    expect(sortKeptSessions(kept)).toEqual({ current: kept, superseded: [] });
  });

  it("of one session the highest generation counts, however old", () => {
    const old = testKeptSession({ generation: 2, createdAtMs: 9 });
    const latest = testKeptSession({ generation: 3, createdAtMs: 5 });
    for (const kept of [
      [old, latest],
      [latest, old],
    ]) {
      expect(sortKeptSessions(kept)).toEqual({ current: [latest], superseded: [old] });
    }
  });

  it("of one thread the youngest session counts, whatever its generation", () => {
    const old = testKeptSession({ generation: 7, createdAtMs: 5 });
    const latest = testKeptSession({ id: "ses_2", createdAtMs: 9 });
    expect(sortKeptSessions([old, latest])).toEqual({ current: [latest], superseded: [old] });
  });
});
