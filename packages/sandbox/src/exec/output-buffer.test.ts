import { describe, expect, it } from "@jest/globals";
import { OutputBuffer } from "./output-buffer.js";

describe("OutputBuffer", () => {
  it("joins pieces, up to its limit", () => {
    const output = new OutputBuffer(10_000);
    for (let index = 0; index < 3000; index += 1) output.append(Buffer.from("abcd"));
    expect(output.text("utf8")).toBe("abcd".repeat(2500));
  });

  it("copies: what the caller does to a piece later does not show", () => {
    const output = new OutputBuffer(10);
    const chunk = Buffer.from("abc");
    output.append(chunk);
    chunk.fill("x");
    expect(output.text("utf8")).toBe("abc");
  });

  it("utf8 replaces what is invalid or cut off; base64 keeps every byte", () => {
    const output = new OutputBuffer(4);
    output.append(Buffer.from([0xff, 0x61, 0xe2, 0x98, 0x83]));
    expect(output.text("utf8")).toBe("\ufffda\ufffd");
    expect(Buffer.from(output.text("base64"), "base64")).toEqual(
      Buffer.from([0xff, 0x61, 0xe2, 0x98]),
    );
  });

  it("with a limit of 0 it keeps nothing", () => {
    const output = new OutputBuffer(0);
    output.append(Buffer.from("x"));
    expect(output.text("utf8")).toBe("");
  });
});
