import type { Readable } from "node:stream";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import {
  errorFromBody,
  execChunkSchema,
  type ExecExit,
  execExitFromBody,
  execExitSchema,
} from "@sandbox-system/contract";
import { parseJson } from "./answer-body.js";

/** Takes a piece of a command's output; the next one comes when it has settled. */
type OutputSink = (chunk: Buffer) => void | Promise<void>;

/** Where the two outputs of a command go. */
export interface OutputSinks {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
}

/** Longest event, characters: the 64 KiB of a piece, escaped as badly as JSON can. */
const MAX_EVENT_LENGTH = 1024 ** 2;

/** A stream of events that is not what a worker sends: it broke off, or it makes no sense. */
class BrokenEvents extends Error {
  override readonly name = "BrokenEvents";
}

/**
 * Hands a running command's output to the sinks, in order and waiting for each, and resolves with its exit. Rejects with the error that the
 * worker tells in an `error` event, with {@link BrokenEvents}, and as `body` and the sinks do.
 */
export async function readOutputEvents(body: Readable, sinks: OutputSinks): Promise<ExecExit> {
  const text = new TextDecoder();
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: (event) => waiting.push(event),
    onError: (fault) => {
      if (fault.type === "max-buffer-size-exceeded") throw new BrokenEvents(fault.message);
    },
  });
  let exit: ExecExit | undefined;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      parser.feed(text.decode(chunk, { stream: true }));
      for (const event of waiting.splice(0)) exit = (await heed(event, sinks)) ?? exit;
    }
  } catch (error) {
    // Once the exit is told, nothing that breaks matters any more.
    if (exit === undefined) throw error;
  }
  if (exit !== undefined) return exit;
  throw new BrokenEvents("The stream ended before the command's exit was told");
}

async function heed({ event, data }: EventSourceMessage, sinks: OutputSinks) {
  const value = parseJson(data);
  switch (event) {
    case "stdout":
    case "stderr": {
      const chunk = read(execChunkSchema, value);
      await sinks[event](Buffer.from(chunk.data, chunk.encoding));
      return undefined;
    }
    case "exit":
      return execExitFromBody(read(execExitSchema, value));
    case "error":
      // The stream began with 200; the code inside tells what it is.
      throw errorFromBody(value, { status: 500 });
    default:
      return undefined;
  }
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
}

function read<T>(schema: Schema<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BrokenEvents("An event has another form than a worker gives it", {
    cause: parsed.error,
  });
}
