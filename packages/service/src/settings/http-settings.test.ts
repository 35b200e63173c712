import { describe, expect, it } from "@jest/globals";
import { type Environment, parseSettings, SettingsError } from "@sandbox-system/contract";
import { createKeyring } from "../auth/keyring.js";
import { documentSettings } from "./document-settings.js";
import { compileHttpOptions, httpSettingRelations, httpSettings } from "./http-settings.js";

const settings = httpSettings(5000);
const parse = (env: Environment) =>
  compileHttpOptions(parseSettings(settings, env, httpSettingRelations));

function faultsOf(env: Environment): readonly string[] {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
  }
  return [];
}

describe("httpSettings", () => {
  it("has the integration guide's defaults", () => {
    expect(parse({})).toMatchObject({
      port: 5000,
      host: "0.0.0.0",
      apiKeys: [],
      shutdownGraceMs: 30_000,
    });
    expect(parseSettings(httpSettings(8000), {}).PORT).toBe(8000);
  });

  it("reports every fault at once", () => {
    const faults = faultsOf({ PORT: "x", LOG_LEVEL: "loud", SHUTDOWN_GRACE_SECONDS: "-1" });
    expect(faults).toHaveLength(3);
  });
});

describe("API_KEYS", () => {
  it("names tenants; several keys may share one", () => {
    const keyring = createKeyring(parse({ API_KEYS: "a:one, a:two ,b:x:y" }).apiKeys);
    expect(["one", "two", "x:y", "a", "a:one"].map((key) => keyring.tenantOf(key))).toEqual([
      "a",
      "a",
      "b",
      undefined,
      undefined,
    ]);
  });

  it("gives a bare key a tenant of its own that stays the same and does not show it", () => {
    const [first] = parse({ API_KEYS: "bare-key" }).apiKeys;
    const [second] = parse({ API_KEYS: "other,bare-key" }).apiKeys.slice(1);
    expect(first?.tenant).toMatch(/^key-[0-9a-f]{8}$/);
    expect(second?.tenant).toBe(first?.tenant);
  });

  it.each(["a:", "a:b,", "a b:c", "a:b c", ":x", "a:same,b:same", "ü:x", "a:schlüssel"])(
    "refuses %j without repeating it",
    (text) => {
      const [fault, ...others] = faultsOf({ API_KEYS: text });
      expect(others).toEqual([]);
      expect(fault).toMatch(/^API_KEYS=\(secret\) entry \d/);
    },
  );

  it("marks short keys", () => {
    const keys = parse({ API_KEYS: "a:short,b:long-enough-0123456789" }).apiKeys;
    expect(keys.map(({ weak }) => weak)).toEqual([true, false]);
  });

  it("keeps no key in the clear", () => {
    expect(JSON.stringify(parse({ API_KEYS: "a:hunter2hunter2" }))).not.toContain("hunter2");
  });
});

describe("ADMIN_KEY_NAMES", () => {
  it("must be names of keys", () => {
    expect(faultsOf({ API_KEYS: "a:k", ADMIN_KEY_NAMES: "a,c" })).toEqual([
      "ADMIN_KEY_NAMES has names that are not in API_KEYS: c",
    ]);
  });

  it("decides who is an administrator; without keys everybody is", () => {
    const { apiKeys, adminTenants } = parse({ API_KEYS: "a:k,b:l", ADMIN_KEY_NAMES: "a" });
    const keyring = createKeyring(apiKeys, adminTenants);
    expect([keyring.isAdmin("a"), keyring.isAdmin("b")]).toEqual([true, false]);
    expect(createKeyring([]).isAdmin("default")).toBe(true);
  });
});

it("documentSettings writes a table that pipes cannot break", () => {
  const text = documentSettings([{ title: "Server", intro: "Words.", settings }]);
  expect(text).toMatch(/^## Server\n\nWords\.\n\n\| Variable \|/);
  expect(text).toContain("| `PORT` | integer, 0 … 65535 | `5000` |");
  expect(text).toContain("error \\| warn \\| info \\| debug");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toHaveLength(Object.keys(settings).length);
  for (const row of rows) expect(row.replaceAll("\\|", "").split("|")).toHaveLength(6);
});
