import { z } from "zod";
import { ERROR_CODES, errorBodySchema, type ErrorCode } from "@sandbox-system/contract";
import type { AnswerDoc, RouteDoc } from "../http/route.js";
import { BODY_ERRORS, COMMON_ERRORS } from "../api/error-groups.js";
import { NAMED_SCHEMAS } from "./component-schemas.js";
import { componentSchemas, schemaObject } from "./schema-objects.js";

type Json = Readonly<Record<string, unknown>>;

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: Json;
  readonly tags: readonly Json[];
  readonly security: readonly Json[];
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

const TAGS: readonly Json[] = [
  { name: "Sessions", description: "A session is a conversation's computer." },
  { name: "Commands", description: "Run commands in a session." },
  { name: "Files", description: "The session's workspace." },
  { name: "Operation", description: "Health, numbers, workers." },
  { name: "Description", description: "This description." },
  { name: "V2", description: "Routes of the earlier system, kept for its clients." },
];

/** Headers that every answer has. */
const ANSWER_HEADERS = { "X-Request-Id": "Id of the request, as in the server's log" };

/** The description of the API that these routes make. `keysRequired`: whether requests need a key on this server. */
export function openApiDocument(
  routes: readonly RouteDoc[],
  options: { readonly version: string; readonly keysRequired: boolean },
): OpenApiDocument {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = operation(route, options.keysRequired);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sandbox API",
      version: options.version,
      description: "A computer per conversation: run commands, keep files, nothing leaves.",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: TAGS,
    security: options.keysRequired ? [{ bearer: [] }, { apiKey: [] }] : [],
    paths,
    components: {
      schemas: componentSchemas(NAMED_SCHEMAS),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
    },
  };
}

function operation(route: RouteDoc, keysRequired: boolean): Json {
  const needsKey = keysRequired && route.open !== true;
  const body = requestContent(route);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.open === true ? { security: [] } : {}),
    parameters: parameters(route),
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, answerObject(answer)]),
      ),
      ...errorAnswers(route, needsKey),
    },
  };
}

function requestContent({ body, rawBody }: RouteDoc): Json | undefined {
  if (body !== undefined) return { "application/json": { schema: schemaObject(body, "input") } };
  return rawBody === undefined ? undefined : content(rawBody, "input");
}

function parameters({ path, query, headers = {} }: RouteDoc): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries<z.ZodType>(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: !z.safeParse(schema, undefined).success,
    schema: schemaObject(schema, "output"),
  }));
  const described = { ...headers, "X-Request-Id": "Id for the log; made when absent" };
  const inHeader = Object.entries(described).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function answerObject({ description, content: bodies, headers = {} }: AnswerDoc): Json {
  return {
    description,
    headers: headerObjects({ ...ANSWER_HEADERS, ...headers }),
    ...(bodies === undefined ? {} : { content: content(bodies, "output") }),
  };
}

function headerObjects(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: "string" } },
    ]),
  );
}

function content(
  bodies: Readonly<Record<string, z.ZodType | "binary" | "text">>,
  direction: "input" | "output",
): Json {
  return Object.fromEntries(
    Object.entries(bodies).map(([type, schema]) => [
      type,
      // OpenAPI 3.1 describes raw bytes by an absent schema.
      schema === "binary"
        ? {}
        : { schema: schema === "text" ? { type: "string" } : schemaObject(schema, direction) },
    ]),
  );
}

function errorAnswers(route: RouteDoc, needsKey: boolean): Json {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of possibleErrors(route, needsKey)) {
    const { status } = ERROR_CODES[code];
    if (status === null) continue;
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in route.answers))
      .map(([status, codes]) => [status, errorAnswer(status, [...codes].sort())]),
  );
}

function possibleErrors(route: RouteDoc, needsKey: boolean): readonly ErrorCode[] {
  return [
    ...route.errors,
    ...(route.body === undefined ? [] : BODY_ERRORS),
    ...(needsKey ? (["UNAUTHENTICATED"] as const) : []),
    ...COMMON_ERRORS,
  ];
}

function errorAnswer(status: number, codes: readonly string[]): Json {
  const headers = {
    ...ANSWER_HEADERS,
    ...(status === 503 || status === 429 ? { "Retry-After": "Seconds to wait" } : {}),
  };
  return {
    description: codes.join(", "),
    headers: headerObjects(headers),
    content: { "application/json": { schema: schemaObject(errorBodySchema, "output") } },
  };
}
