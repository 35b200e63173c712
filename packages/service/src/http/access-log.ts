import type { Socket } from "node:net";
import type { RequestHandler, Response } from "express";
import { type Clock, type Logger, newRequestId } from "@sandbox-system/contract";
import { type RequestContext, setContext } from "./request-context.js";

/** A request that is over, for metrics. */
export interface RequestRecord {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** A request id that may be taken over: printable, short, nothing that could forge a log line or a header. */
const REQUEST_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** What {@link accessLog} is given. */
export interface AccessLogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly record: (request: RequestRecord) => void;
}

/** Routes that load balancers and container engines ask. */
const PROBES: ReadonlySet<string> = new Set(["/health", "/ready"]);

/** A connection's counters at the end of its last request. */
const counted = new WeakMap<Socket, Pick<Socket, "bytesRead" | "bytesWritten">>();

/**
 * Gives every request its context and its id, and writes one `http.request` line when it is over: `outcome` is `aborted` when the
 * client left before the answer was complete. `bytesIn` and `bytesOut` count what went over the connection since its last request,
 * headers included. A health check that is answered with 200 is a line of level debug. Commands, bodies and queries are never logged, and the path only as its route's pattern.
 */
export function accessLog(options: AccessLogOptions): RequestHandler {
  const { clock, record } = options;
  return (req, res, next) => {
    const given = req.get("x-request-id");
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newRequestId();
    const logger = options.logger.child({ requestId });
    const context: RequestContext = { requestId, route: "unmatched", tenant: undefined, logger };
    setContext(req, context);
    res.setHeader("X-Request-Id", requestId);

    const startedMs = clock.monotonicMs();
    const before = counted.get(req.socket) ?? { bytesRead: 0, bytesWritten: 0 };
    res.once("close", () => {
      const request = {
        method: req.method,
        route: context.route,
        status: res.statusCode,
        durationMs: Math.round(clock.monotonicMs() - startedMs),
      };
      const { bytesRead, bytesWritten } = req.socket;
      counted.set(req.socket, { bytesRead, bytesWritten });
      // Health checks ask every few seconds; that all is well is no news.
      const isNews = !PROBES.has(context.route) || res.statusCode !== 200;
      logger[isNews ? "info" : "debug"]("http.request", {
        ...request,
        outcome: outcomeOf(res),
        tenant: context.tenant,
        bytesIn: bytesRead - before.bytesRead,
        bytesOut: bytesWritten - before.bytesWritten,
      });
      record(request);
    });
    next();
  };
}

function outcomeOf(res: Response): string {
  if (!res.writableFinished) return "aborted";
  return res.statusCode < 400 ? "ok" : "error";
}
