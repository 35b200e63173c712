import type { ErrorRequestHandler, Response } from "express";
import { type Clock, errorToBody, type SandboxError } from "@sandbox-system/contract";
import { discardBody, isAwaitingContinue } from "./discard-body.js";
import { contextOf } from "./request-context.js";
import { toSandboxError } from "./to-sandbox-error.js";

/** Seconds after which a retry makes sense when the error itself does not say: long enough for a sandbox to be made. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/**
 * The last middleware: answers every error with its status and body. An answer that has begun cannot be taken back; its connection
 * is cut, so that the client does not take the part for the whole.
 */
export function errorMiddleware(clock: Clock): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  return (thrown: unknown, req, res, _next) => {
    const context = contextOf(req);
    const error = toSandboxError(thrown);
    if (error.code === "INTERNAL_ERROR")
      context.logger.error("http.fault", { route: context.route, error: error.cause ?? error });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (isAwaitingContinue(req)) res.setHeader("Connection", "close");
    sendError(res, error, context.requestId);
    discardBody(req, clock);
  };
}

function sendError(res: Response, error: SandboxError, requestId: string): void {
  const status = error.status ?? 500;
  const retryAfter =
    error.retryAfterSeconds ?? (error.retryable ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  if (retryAfter !== undefined) res.setHeader("Retry-After", String(Math.ceil(retryAfter)));
  if (status === 401) res.setHeader("WWW-Authenticate", 'Bearer realm="sandbox-system"');
  res.status(status).json(errorToBody(error, requestId));
}
