import { expect, it } from "@jest/globals";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { ExactLength } from "./exact-length.js";

const through = (length: number, ...chunks: string[]) => {
  const exact = new ExactLength(length);
  const sent = pipeline(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), exact);
  return Promise.all([buffer(exact), sent]).then(([bytes]) => bytes.toString());
};

it("passes what was announced", async () => {
  expect(await through(4, "ab", "cd")).toBe("abcd");
  expect(await through(0)).toBe("");
});

it("cuts a file that grew", async () => {
  expect(await through(3, "ab", "cd", "ef")).toBe("abc");
});

it("fails for a file that shrank", async () => {
  await expect(through(5, "ab", "cd")).rejects.toThrow("shorter");
});
