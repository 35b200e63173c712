import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { FakeClock, RecordingLogger } from "@sandbox-system/contract/testing";
import { testKeptSession } from "../testing/kept-session.js";
import { formatKeptSession } from "./kept-session.js";
import { KeptSessions } from "./kept-sessions.js";

let parent: string;
let directory: string;
let clock: FakeClock;
let logger: RecordingLogger;
let store: KeptSessions;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "kept-"));
  directory = join(parent, "w.state");
  clock = new FakeClock();
  logger = new RecordingLogger();
  store = new KeptSessions({ directory, clock, logger });
});

afterEach(() => {
  rmSync(parent, { recursive: true });
});

describe("KeptSessions", () => {
  it("makes its directory for its user alone, also one that was open to others", async () => {
    expect(await store.load()).toEqual([]);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
    rmSync(directory, { recursive: true });
    mkdirSync(directory, { mode: 0o777 });
    await store.load();
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
  });

  it("refuses a link in place of its directory: somebody else could read there", async () => {
    mkdirSync(join(parent, "elsewhere"));
    symlinkSync(join(parent, "elsewhere"), directory);
    await expect(store.load()).rejects.toThrow("belongs to the user");
  });

  it("gives what is there, and forgets it when told; forgetting twice does no harm", async () => {
    await store.load();
    const kept = testKeptSession();
    writeFileSync(join(directory, `${kept.sandbox.id}.json`), formatKeptSession(kept));
    expect(await store.load()).toEqual([kept]);
    await store.forget(kept.sandbox.id);
    await store.forget(kept.sandbox.id);
    expect(await store.load()).toEqual([]);
    expect(logger.lines).toEqual([]);
  });

  it("removes what is not to be believed, whatever kind of thing it is", async () => {
    await store.load();
    const kept = testKeptSession();
    const other = testKeptSession();
    writeFileSync(join(parent, "outside"), formatKeptSession(kept));
    symlinkSync(join(parent, "outside"), join(directory, `${kept.sandbox.id}.json`));
    writeFileSync(join(directory, `${other.sandbox.id}.json`), formatKeptSession(kept));
    writeFileSync(join(directory, `${other.sandbox.id}.json.new`), "half");
    mkdirSync(join(directory, "directory.json"));
    expect(await store.load()).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync(parent)).toContain("outside");
    expect(logger.events()).toEqual(Array.from({ length: 4 }, () => "session.kept.unreadable"));
  });

  it("shows when its owner was last alive", async () => {
    await store.load();
    clock.advance(12_345);
    await store.refresh();
    expect(lstatSync(directory).mtimeMs).toBe(clock.now());
  });
});
