import { z } from "zod";
import { NAMED_SCHEMAS } from "./component-schemas.js";

type Json = Readonly<Record<string, unknown>>;

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) registry.add(schema, { id });

/** Requests show what may be sent (defaults are optional), answers what is sent. */
type Direction = "input" | "output";

/** Names of the schemas that are sent to the server. */
const REQUEST_SCHEMAS: ReadonlySet<string> = new Set(["CreateSession", "ExecRequest"]);

/** The named schemas as JSON Schema 2020-12, the dialect of OpenAPI 3.1, by name. */
export function componentSchemas(schemas: Readonly<Record<string, z.ZodType>>): Json {
  const inputs = generate("input");
  const outputs = generate("output");
  return Object.fromEntries(
    Object.keys(schemas).map((name) => [
      name,
      withoutMeta((REQUEST_SCHEMAS.has(name) ? inputs : outputs)[name] ?? {}),
    ]),
  );
}

/** A schema where it is used: a reference when it has a name, its JSON Schema otherwise. */
export function schemaObject(schema: z.ZodType, direction: Direction): Json {
  const name = registry.get(schema)?.id;
  if (name !== undefined) return { $ref: refTo(name) };
  return withoutMeta(z.toJSONSchema(schema, { io: direction, unrepresentable: "any" }));
}

function generate(direction: Direction): Record<string, Json> {
  return z.toJSONSchema(registry, { io: direction, uri: refTo, unrepresentable: "any" }).schemas;
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Inside a document the dialect and the id are the document's. */
function withoutMeta(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "$schema" && key !== "$id"),
  );
}
