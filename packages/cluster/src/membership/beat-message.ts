import { z } from "zod";
import { workerInfoSchema } from "./worker-info.js";

/** What scripts publish: a beat of a worker, or that one has withdrawn. */
const beatMessageSchema = z.union([
  z.object({ info: workerInfoSchema, leaseMs: z.number(), atMs: z.number() }),
  z.object({ gone: z.object({ workerId: z.string(), registrationId: z.string() }) }),
]);

/** A message, read. */
export type BeatMessage = z.infer<typeof beatMessageSchema>;

/** Reads a message; undefined: of another version of this program. */
export function beatMessageFrom(text: string): BeatMessage | undefined {
  return beatMessageSchema.safeParse(jsonFrom(text)).data;
}

/** Reads a stored worker; undefined: of another version of this program. */
export function workerInfoFrom(text: string) {
  return workerInfoSchema.safeParse(jsonFrom(text)).data;
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
