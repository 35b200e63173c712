import { describe, expect, it } from "@jest/globals";
import { parseSettings, SettingsError } from "./parse-settings.js";
import {
  booleanSetting,
  bytesSetting,
  choiceSetting,
  numberSetting,
  optionalTextSetting,
} from "./setting-kinds.js";

const settings = {
  COUNT: numberSetting({ fallback: 3, min: 1, max: 9, description: "" }),
  RATIO: numberSetting({ fallback: 0.5, min: 0, fraction: true, description: "" }),
  FLAG: booleanSetting({ fallback: true, description: "" }),
  SIZE: bytesSetting({ fallback: "256m", minBytes: 1024, description: "" }),
  MODE: choiceSetting({ fallback: "a", choices: ["a", "b"], description: "" }),
  TOKEN: optionalTextSetting({
    form: "32 letters",
    pattern: /^\w{32}$/,
    description: "",
    secret: true,
  }),
} as const;

describe("parseSettings", () => {
  it("absent and empty variables take their fallback", () => {
    expect(parseSettings(settings, { COUNT: "", FLAG: "  " })).toEqual({
      COUNT: 3,
      RATIO: 0.5,
      FLAG: true,
      SIZE: 256 * 1024 ** 2,
      MODE: "a",
      TOKEN: undefined,
    });
  });

  it.each([
    ["1g", 1024 ** 3],
    ["512M", 512 * 1024 ** 2],
    ["1.5k", 1536],
    ["4096", 4096],
    ["64mb", 64 * 1024 ** 2],
  ])("SIZE=%s", (text, bytes) => {
    expect(parseSettings(settings, { SIZE: text }).SIZE).toBe(bytes);
  });

  it("reports every fault at once, and no secret", () => {
    const env = {
      COUNT: "10",
      RATIO: "x",
      FLAG: "maybe",
      SIZE: "12q",
      MODE: "c",
      TOKEN: "hunter2",
    };
    const error = catchError(() => parseSettings(settings, env));
    expect(error.faults).toHaveLength(6);
    expect(error.message).toContain('COUNT="10" must be an integer, 1 … 9');
    expect(error.message).toContain('MODE="c" must be one of: a | b');
    expect(error.message).not.toContain("hunter2");
  });

  it.each(["1e3", "0x10", "-1", "3.5", "１"])("COUNT=%s is no integer", (text) => {
    expect(() => parseSettings(settings, { COUNT: text })).toThrow(SettingsError);
  });

  it("checks relations among the values that are valid", () => {
    const relations = [
      {
        between: ["COUNT", "RATIO"],
        check: ({ COUNT, RATIO }: { COUNT: number; RATIO: number }) =>
          COUNT > RATIO ? undefined : "COUNT > RATIO must hold",
      },
    ] as const;
    expect(catchError(() => parseSettings(settings, { RATIO: "4" }, relations)).faults).toEqual([
      "COUNT > RATIO must hold",
    ]);
    expect(
      catchError(() => parseSettings(settings, { RATIO: "x" }, relations)).faults,
    ).toHaveLength(1);
  });
});

function catchError(action: () => unknown): SettingsError {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error;
  }
  throw new Error("no SettingsError was thrown");
}
