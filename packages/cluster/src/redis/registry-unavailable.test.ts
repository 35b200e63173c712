import { describe, expect, it } from "@jest/globals";
import { inspect } from "node:util";
import {
  isRegistrySettling,
  redisFailure,
  registrySettling,
  registryUnavailable,
} from "./registry-unavailable.js";

/** An error as ioredis makes them: with its command. */
function failure(message: string, name = "Error"): Error {
  const error = new Error(message);
  error.name = name;
  return Object.assign(error, { command: { name: "auth", args: ["default", "secret-password"] } });
}

describe("a failure of Redis", () => {
  it.each([
    ["Connection is closed.", "Error"],
    ["Command timed out", "Error"],
    ["Stream isn't writeable and enableOfflineQueue options is false", "Error"],
    ["LOADING Redis is loading the dataset in memory", "ReplyError"],
    ["READONLY You can't write against a read only replica.", "ReplyError"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "ReplyError"],
    ["NOAUTH Authentication required.", "ReplyError"],
    ["WRONGPASS invalid username-password pair or user is disabled.", "ReplyError"],
  ])("is retryable: %s", (message, name) => {
    expect(redisFailure(failure(message, name))).toMatchObject({
      ...{ code: "REGISTRY_UNAVAILABLE", retryAfterSeconds: 1, retryable: true },
    });
  });

  it("of a script is ours", () => {
    const ours = failure("ERR user_script:12: attempt to index a nil value", "ReplyError");
    expect(redisFailure(ours)).toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("never carries the command: its arguments may be a password", () => {
    const told = redisFailure(failure("ERR invalid password", "ReplyError"));
    expect(inspect(told, { depth: 10 })).not.toContain("secret-password");
    expect(inspect(redisFailure(failure("x")), { depth: 10 })).not.toContain("secret-password");
    expect(inspect(redisFailure("y"), { depth: 10 })).toContain("y");
  });
});

it("tells a registry that is being filled again from one that is away", () => {
  expect(isRegistrySettling(registrySettling())).toBe(true);
  expect(isRegistrySettling(registryUnavailable())).toBe(false);
  expect(isRegistrySettling(new Error("settling"))).toBe(false);
});
