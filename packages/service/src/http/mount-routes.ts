import type { Express, Request, Response } from "express";
import { type Clock, sandboxError } from "@sandbox-system/contract";
import { DEFAULT_TENANT } from "../auth/keyring.js";
import { contextOf } from "./request-context.js";
import type { Answer, Route } from "./route.js";

/** What routes are run with. */
export interface MountOptions {
  readonly clock: Clock;
  readonly maxJsonBodyBytes: number;
}

/**
 * Mounts the routes, and behind them what answers their paths with other methods (405 with Allow) and every other path (404). There is
 * no way past this table, so the API's description, which is made from it, is complete.
 */
export function mountRoutes(app: Express, routes: readonly Route[], options: MountOptions): void {
  for (const route of headFirst(routes)) {
    app[route.method](expressPath(route.path), async (req: Request, res: Response) => {
      const context = contextOf(req);
      context.route = route.path;
      const answer = await route.run({
        req,
        res,
        requestId: context.requestId,
        tenant: context.tenant ?? DEFAULT_TENANT,
        logger: context.logger,
        ...options,
      });
      if (answer !== undefined) send(res, answer);
    });
  }
  for (const [path, allow] of allowedMethods(routes)) {
    app.all(expressPath(path), (req, res) => {
      contextOf(req).route = path;
      res.setHeader("Allow", allow);
      throw sandboxError("METHOD_NOT_ALLOWED", `This path takes ${allow}.`);
    });
  }
  app.use(() => {
    throw sandboxError("ROUTE_NOT_FOUND", "There is no such path. GET /docs lists them all.");
  });
}

/** `/a/{id}/files/{path}` as Express writes it: `/a/:id/files/*path`. */
export function expressPath(path: string): string {
  return path.replace(/\{path\}$/, "*path").replaceAll(/\{(\w+)\}/g, ":$1");
}

/** Express answers HEAD with a GET route that comes first. */
function headFirst(routes: readonly Route[]): readonly Route[] {
  const heads = routes.filter(({ method }) => method === "head");
  return [...heads, ...routes.filter(({ method }) => method !== "head")];
}

function allowedMethods(routes: readonly Route[]): Map<string, string> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const allowed = methods.get(path) ?? new Set();
    allowed.add(method.toUpperCase());
    if (method === "get") allowed.add("HEAD");
    methods.set(path, allowed);
  }
  return new Map([...methods].map(([path, allowed]) => [path, [...allowed].sort().join(", ")]));
}

function send(res: Response, { status, body, headers = {} }: Answer): void {
  res.status(status);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  if (body === undefined) res.end();
  else res.json(body);
}
