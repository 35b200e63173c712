import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { FrameDecoder } from "./frame-decoder.js";
import { FrameType, MAX_PAYLOAD_BYTES } from "./frame-type.js";
import { FrameWriter } from "./frame-writer.js";
import { ProtocolViolation } from "./protocol-violation.js";

const frameArbitrary = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  stream: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe("FrameDecoder", () => {
  it("gives the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frameArbitrary, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(
            frames.map(({ type, stream, payload }) =>
              new FrameWriter(type as FrameType, stream).raw(payload).finish(),
            ),
          );
          const decoder = new FrameDecoder();
          const got: unknown[] = [];
          for (let offset = 0, turn = 0; offset < bytes.byteLength; turn += 1) {
            const end = offset + (cuts[turn % cuts.length] ?? 1);
            decoder.push(bytes.subarray(offset, end), ({ type, stream, payload }) => {
              got.push({ type, stream, payload: payload.toString("hex") });
            });
            offset = end;
          }
          expect(got).toEqual(
            frames.map(({ type, stream, payload }) => ({
              type,
              stream,
              payload: Buffer.from(payload).toString("hex"),
            })),
          );
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it("never does anything but decode or refuse, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }), (chunks) => {
        const decoder = new FrameDecoder();
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk), () => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it("refuses an oversized frame by its header alone", () => {
    const header = Buffer.alloc(9);
    header.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 0);
    expect(() => {
      new FrameDecoder().push(header, () => undefined);
    }).toThrow(ProtocolViolation);
  });

  it("takes the largest frame in single bytes around its header", () => {
    const frame = new FrameWriter(FrameType.DATA, 1)
      .raw(Buffer.alloc(MAX_PAYLOAD_BYTES, 7))
      .finish();
    const decoder = new FrameDecoder();
    const sizes: number[] = [];
    for (const chunk of [
      frame.subarray(0, 1),
      frame.subarray(1, 9),
      frame.subarray(9, 10),
      frame.subarray(10),
    ]) {
      decoder.push(chunk, ({ payload }) => sizes.push(payload.byteLength));
    }
    expect(sizes).toEqual([MAX_PAYLOAD_BYTES]);
  });
});
