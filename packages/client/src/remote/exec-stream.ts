import { createParser, type EventSourceMessage } from "eventsource-parser";
import {
  errorFromBody,
  execChunkSchema,
  type ExecExit,
  execExitFromBody,
  execExitSchema,
  sandboxError,
} from "@sandbox-system/contract";

/** Where a command's output goes. */
export interface OutputSinks {
  readonly onStdout: (chunk: Buffer) => void | Promise<void>;
  readonly onStderr: (chunk: Buffer) => void | Promise<void>;
}

/** Longest event, characters: a piece of 64 KiB in base64 or escaped JSON, many times over. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024;

/**
 * Reads the events of a running command: hands its output to the sinks in order, waiting for each, and resolves with its exit. Rejects with the
 * error that the server reports in an `error` event; with `OPERATION_INTERRUPTED` when the stream ends without either or
 * holds what cannot be read; and as `body` and the sinks do. Events of other names are passed over.
 */
export async function readExecStream(
  body: AsyncIterable<Uint8Array>,
  sinks: OutputSinks,
): Promise<ExecExit> {
  const decoder = new TextDecoder();
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: (event) => events.push(event),
    onError: (fault) => {
      if (fault.type === "max-buffer-size-exceeded") throw interrupted(fault);
    },
  });
  let exit: ExecExit | undefined;
  try {
    for await (const chunk of body) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (const event of events.splice(0)) exit = (await take(event, sinks)) ?? exit;
    }
  } catch (error) {
    // What breaks after the exit does not matter any more.
    if (exit === undefined) throw error;
  }
  if (exit === undefined) throw interrupted();
  return exit;
}

async function take(event: EventSourceMessage, sinks: OutputSinks): Promise<ExecExit | undefined> {
  switch (event.event) {
    case "stdout":
      await sinks.onStdout(chunkOf(event));
      return undefined;
    case "stderr":
      await sinks.onStderr(chunkOf(event));
      return undefined;
    case "exit":
      return execExitFromBody(read(execExitSchema, event));
    case "error":
      // The stream began with 200; the error's own code tells the status.
      throw errorFromBody(parseJson(event.data), { status: 500 });
    default:
      return undefined;
  }
}

function chunkOf(event: EventSourceMessage): Buffer {
  const { data, encoding } = read(execChunkSchema, event);
  return Buffer.from(data, encoding);
}

interface EventSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
}

function read<T>(schema: EventSchema<T>, event: EventSourceMessage): T {
  const parsed = schema.safeParse(parseJson(event.data));
  if (!parsed.success) throw interrupted(parsed.error);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function interrupted(cause?: Error): Error {
  return sandboxError(
    "OPERATION_INTERRUPTED",
    "The command's output broke off before its exit was told. Whether it ran to its end is unknown; it is not repeated.",
    { details: { admitted: "unknown" }, cause },
  );
}
