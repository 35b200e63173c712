import {
  errorToBody,
  execExitFromBody,
  execExitToBody,
  type ExecResultBody,
  execResultToBody,
} from "@sandbox-system/contract";
import { EventStream } from "../../http/event-stream.js";
import type { Exchange } from "../../http/route.js";
import { toSandboxError } from "../../http/to-sandbox-error.js";
import type { ApiPorts } from "../api-ports.js";
import { runOnce } from "../idempotency/run-once.js";
import { abortWhenGone, runCommand } from "../operations/run-command.js";
import type { ExecCall } from "./exec-call.js";
import { OutputPipe } from "./output-pipe.js";

/**
 * Serves a command as server-sent events. With an Idempotency-Key the text is kept too, so that a repeated call, streamed or not, gets the
 * whole result. Rejects only while the stream is not open; then nothing has been sent.
 */
export async function streamCommand(
  ports: ApiPorts,
  call: ExecCall,
  exchange: Exchange,
): Promise<undefined> {
  const { res, requestId, clock, logger } = exchange;
  const stream = new EventStream(res, clock);
  try {
    const { value, replayed } = await runOnce<ExecResultBody>(ports.idempotency, call.entry, () =>
      runStreamed(ports, call, { exchange, stream }),
    );
    if (replayed) {
      if (!stream.opened) res.setHeader("Idempotency-Replayed", "true");
      await sendStored(stream, call, value);
    }
    await stream.send("exit", execExitToBody(execExitFromBody(value)));
  } catch (thrown) {
    if (!stream.opened) {
      stream.abandon();
      throw thrown;
    }
    const error = toSandboxError(thrown);
    if (error.code === "INTERNAL_ERROR")
      logger.error("http.fault", { error: error.cause ?? error });
    await stream.send("error", errorToBody(error, requestId));
  }
  stream.end();
  return undefined;
}

async function runStreamed(
  ports: ApiPorts,
  { sessionId, entry, request }: ExecCall,
  { exchange, stream }: { exchange: Exchange; stream: EventStream },
): Promise<ExecResultBody> {
  const encoding = request.encoding ?? "utf8";
  const keep = entry !== undefined;
  const stdout = new OutputPipe(stream, { event: "stdout", encoding, keep });
  const stderr = new OutputPipe(stream, { event: "stderr", encoding, keep });
  const result = await runCommand(ports, {
    tenant: exchange.tenant,
    sessionId,
    request,
    hooks: {
      onStdout: (chunk) => stdout.write(chunk),
      onStderr: (chunk) => stderr.write(chunk),
      signal: abortWhenGone(exchange.res),
      idempotencyKey: entry?.key,
      onReplayed: () => {
        if (!stream.opened) exchange.res.setHeader("Idempotency-Replayed", "true");
      },
    },
  });
  await stdout.finish();
  await stderr.finish();
  return { ...execResultToBody(result), stdout: stdout.text(), stderr: stderr.text() };
}

async function sendStored(
  stream: EventStream,
  { request }: ExecCall,
  { stdout, stderr }: ExecResultBody,
): Promise<void> {
  const encoding = request.encoding ?? "utf8";
  if (stdout !== "") await stream.send("stdout", { data: stdout, encoding });
  if (stderr !== "") await stream.send("stderr", { data: stderr, encoding });
}
