import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SettingsError } from "@sandbox-system/contract";
import { loadEnvironment } from "./load-environment.js";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "load-environment-test-"));
  writeFileSync(join(directory, ".env"), "PORT=1 # comment\nHOST='from file'\nEMPTY=x\n");
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

it("reads .env; the environment wins, also with an empty value", () => {
  const environment = loadEnvironment(directory, { PORT: "2", EMPTY: "" });
  expect(environment).toEqual({ PORT: "2", HOST: "from file", EMPTY: "" });
});

it("does without a file", () => {
  expect(loadEnvironment(join(directory, "nowhere"), { PORT: "2" })).toEqual({ PORT: "2" });
});

it("says when the file is there and cannot be read", () => {
  const blocked = join(directory, "blocked");
  mkdirSync(join(blocked, ".env"), { recursive: true });
  expect(() => loadEnvironment(blocked, {})).toThrow(SettingsError);
});
