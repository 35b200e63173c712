import type { Request, Response } from "express";
import { z } from "zod";
import type { Clock, ErrorCode, Logger } from "@sandbox-system/contract";
import { parsePart } from "./parse-part.js";
import { readJson } from "./read-json.js";

/** Methods that routes have. HEAD is answered by a route's GET unless it has one of its own. */
type Method = "get" | "head" | "put" | "post" | "delete";

/** A request on its way through a route. */
export interface Exchange {
  readonly req: Request;
  readonly res: Response;
  readonly requestId: string;
  /** Whose request it is. */
  readonly tenant: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly maxJsonBodyBytes: number;
}

/** An answer for the shell to send: JSON, or nothing but a status when `body` is absent. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One successful answer, for the API's description. */
export interface AnswerDoc {
  readonly description: string;
  /** Bodies by content type; absent: no body. */
  readonly content?: Readonly<Record<string, z.ZodType | "binary" | "text">>;
  /** Headers beside those that every answer has, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the API's description says of a route, and what the shell checks before the route runs. */
export interface RouteDoc {
  readonly method: Method;
  /** OpenAPI form: `/v1/sessions/{session_id}`. A last parameter `{path}` takes the rest of the path, slashes included. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Needs no key even when keys are configured. */
  readonly open?: boolean;
  readonly query?: z.ZodObject;
  /** JSON body. */
  readonly body?: z.ZodType;
  /** A body that the route reads itself, by content type. */
  readonly rawBody?: Readonly<Record<string, z.ZodType | "binary">>;
  /** Request headers that mean something here, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Codes that this route may answer beside those that any may. */
  readonly errors: readonly ErrorCode[];
}

/** A route that can be mounted. */
export interface Route extends RouteDoc {
  /** Checks the request and serves it; undefined when the route has answered by itself. Rejects with what goes to the caller. */
  run(exchange: Exchange): Promise<Answer | undefined>;
}

/** A request after its checks. */
export interface RouteInput<Query, Body> {
  /** Path parameters, decoded exactly once. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/** Ties a route's handler to its schemas: `handle` sees only what they have let through. */
export function defineRoute<
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodUndefined,
>(
  route: RouteDoc & {
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (
      input: RouteInput<z.output<Query>, z.output<Body>>,
      exchange: Exchange,
    ) => Promise<Answer | undefined> | Answer | undefined;
  },
): Route {
  const { handle, ...doc } = route;
  const querySchema = route.query ?? z.object({});
  const bodySchema = route.body ?? z.unknown();
  return {
    ...doc,
    async run(exchange) {
      const { req, res, maxJsonBodyBytes } = exchange;
      const query = parsePart(querySchema, req.query, "query") as z.output<Query>;
      const json =
        route.body === undefined ? undefined : await readJson(req, res, maxJsonBodyBytes);
      const body = parsePart(bodySchema, json, "body") as z.output<Body>;
      return handle({ params: pathParameters(req), query, body }, exchange);
    },
  };
}

/** Path parameters as strings; the segments of a `{path}` are joined again by {@link filePathOf}, not here. */
function pathParameters(req: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(req.params).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}
