import type { IncomingMessage, ServerResponse } from "node:http";
import { type SandboxError, sandboxError } from "@sandbox-system/contract";
import { requestBody } from "./discard-body.js";

/** `application/json`, also with a suffix such as `application/vnd.api+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Reads a request's body as JSON. The value is anything that JSON can say; its shape is for a schema to judge. Undefined when there is
 * no body.
 * @throws SandboxError UNSUPPORTED_MEDIA_TYPE for another or an encoded content type, REQUEST_TOO_LARGE beyond `maxBytes` (before the
 * body is read where its length is declared), INVALID_REQUEST for what is not JSON in UTF-8, OPERATION_ABORTED when the client leaves.
 */
export async function readJson(
  req: IncomingMessage,
  res: ServerResponse,
  maxBytes: number,
): Promise<unknown> {
  const declared = Number(req.headers["content-length"] ?? Number.NaN);
  if (declared === 0 || (Number.isNaN(declared) && req.headers["transfer-encoding"] === undefined))
    return undefined;
  requireJsonType(req);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  requestBody(req, res);
  return parse(await readAll(req, maxBytes));
}

function requireJsonType(req: IncomingMessage): void {
  const [type = "", ...parameters] = (req.headers["content-type"] ?? "").split(";");
  if (!JSON_TYPE.test(type.trim())) {
    throw sandboxError(
      "UNSUPPORTED_MEDIA_TYPE",
      "The body must be JSON: send it with Content-Type: application/json.",
    );
  }
  const charset = parameters.map((text) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(text)?.[1]);
  if (charset.some((name) => name !== undefined && !/^utf-?8$/i.test(name)))
    throw sandboxError("UNSUPPORTED_MEDIA_TYPE", "The body must be JSON in UTF-8.");
  refuseContentEncoding(req);
}

/** @throws SandboxError UNSUPPORTED_MEDIA_TYPE when the body is compressed: bodies are taken as they are. */
export function refuseContentEncoding(req: IncomingMessage): void {
  const encoding = req.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity")
    throw sandboxError("UNSUPPORTED_MEDIA_TYPE", "Send the body without a Content-Encoding.");
}

function readAll(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      req.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes)
        finish(() => {
          reject(tooLarge(maxBytes));
        });
    };
    const onEnd = (): void => {
      finish(() => {
        resolve(Buffer.concat(chunks, size));
      });
    };
    const onGone = (): void => {
      finish(() => {
        reject(cutOff());
      });
    };
    req.on("data", onData).once("end", onEnd).once("error", onGone).once("close", onGone);
  });
}

/** The error of a request whose body ended before it was complete. Nobody is left to read it but the log. */
export function cutOff(): SandboxError {
  return sandboxError("OPERATION_ABORTED", "The request was cut off before its body was complete.");
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the body, which may hold secrets.
    throw sandboxError("INVALID_REQUEST", "The body is not valid JSON in UTF-8.");
  }
}

function tooLarge(maxBytes: number): SandboxError {
  const maxMb = maxBytes / 1024 ** 2;
  return sandboxError(
    "REQUEST_TOO_LARGE",
    `The body is larger than ${String(maxMb)} MiB. Put large data into a file: PUT /v1/sessions/{id}/files/{path}.`,
    { details: { max_bytes: maxBytes } },
  );
}
