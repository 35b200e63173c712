import type { IncomingMessage } from "node:http";
import type { Logger } from "@sandbox-system/contract";

/** What the shell knows of a request beside the request itself. */
export interface RequestContext {
  /** Taken from `X-Request-Id` or made; echoed and logged. */
  readonly requestId: string;
  /** Pattern of the matched route, such as `/v1/sessions/{session_id}`; `unmatched` until there is one. Never the path itself. */
  route: string;
  /** Whose request it is; undefined on open routes when keys are asked for, and before authentication. */
  tenant: string | undefined;
  /** Carries the request id on every line. */
  readonly logger: Logger;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Attaches the context. Called once a request, by the first middleware. */
export function setContext(req: IncomingMessage, context: RequestContext): void {
  contexts.set(req, context);
}

/** The request's context. A request without one did not come through the shell: a fault of the program. */
export function contextOf(req: IncomingMessage): RequestContext {
  const context = contexts.get(req);
  if (context === undefined) throw new Error("The request did not come through the HTTP shell");
  return context;
}
