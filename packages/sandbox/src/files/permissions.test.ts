import { describe, expect, it } from "@jest/globals";
import { permissionsText } from "./permissions.js";

describe("permissionsText", () => {
  it.each([
    [0o100644, "-rw-r--r--"],
    [0o100755, "-rwxr-xr-x"],
    [0o040755, "drwxr-xr-x"],
    [0o120777, "lrwxrwxrwx"],
    [0o010600, "prw-------"],
    [0o100000, "----------"],
    [0o104755, "-rwsr-xr-x"],
    [0o104644, "-rwSr--r--"],
    [0o102755, "-rwxr-sr-x"],
    [0o041777, "drwxrwxrwt"],
    [0o041776, "drwxrwxrwT"],
    [0o000644, "?rw-r--r--"],
  ])("%o is %s", (mode, text) => {
    expect(permissionsText(mode)).toBe(text);
  });
});
