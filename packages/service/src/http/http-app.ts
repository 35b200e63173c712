import express, { type Express } from "express";
import { type Clock, type Logger, sandboxError } from "@sandbox-system/contract";
import { authenticate } from "../auth/authenticate.js";
import type { Keyring } from "../auth/keyring.js";
import { accessLog, type RequestRecord } from "./access-log.js";
import { errorMiddleware } from "./error-middleware.js";
import { mountRoutes } from "./mount-routes.js";
import type { Route } from "./route.js";
import { securityHeaders } from "./security-headers.js";

/** What the HTTP shell is made of. */
export interface HttpAppOptions {
  readonly routes: readonly Route[];
  readonly keyring: Keyring;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly maxJsonBodyBytes: number;
  /** Called once for every request that is over. */
  readonly record: (request: RequestRecord) => void;
}

/**
 * The HTTP shell around routes: id and log line, security headers, authentication, routes, errors, in this order. Paths are exact:
 * case and trailing slashes count, so that a resource has one URL.
 */
export function createHttpApp(options: HttpAppOptions): Express {
  const { routes, keyring, logger, clock, maxJsonBodyBytes, record } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.set("query parser", "simple");

  const openPaths = new Set(routes.filter(({ open }) => open === true).map(({ path }) => path));
  app.use(accessLog({ clock, logger, record }));
  app.use(securityHeaders());
  app.use((req, _res, next) => {
    // Node would refuse this by itself, but without a body that says why.
    if (req.httpVersion === "1.1" && req.headers.host === undefined)
      throw sandboxError("INVALID_REQUEST", "The request has no Host header.");
    next();
  });
  app.use(authenticate(keyring, openPaths));
  mountRoutes(app, routes, { clock, maxJsonBodyBytes });
  app.use(errorMiddleware(clock));
  return app;
}
