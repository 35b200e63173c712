import { expect, it } from "@jest/globals";
import { createTestApi } from "../testing/test-api.js";
import { openApiDocument } from "./openapi-document.js";

const document = openApiDocument(createTestApi().routes, { version: "1.2.3", keysRequired: true });
const text = JSON.stringify(document);

it("resolves every reference", () => {
  const schemas = document.components["schemas"] as object;
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name,
  );
  expect(references.length).toBeGreaterThan(20);
  for (const name of references) expect(schemas).toHaveProperty(String(name));
});

it("names every operation once", () => {
  const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it("describes requests as they may be sent and answers as they are sent", () => {
  const { ExecRequest, ExecResult } = document.components["schemas"] as Record<
    string,
    { required: string[] }
  >;
  expect(ExecRequest?.required).toEqual(["command"]);
  expect(ExecResult?.required).toContain("exit_code");
});

it("describes parameters, errors with their codes, and Retry-After", () => {
  expect(document.paths["/v1/sessions"]?.["get"]).toMatchObject({
    parameters: expect.arrayContaining([
      expect.objectContaining({ name: "limit", in: "query", required: false }),
      expect.objectContaining({ name: "X-Request-Id", in: "header" }),
    ]),
  });
  expect(document.paths["/v1/sessions"]?.["post"]).toMatchObject({
    responses: {
      201: {
        content: { "application/json": { schema: { $ref: "#/components/schemas/Session" } } },
      },
      503: {
        description: expect.stringContaining("POOL_EXHAUSTED"),
        headers: { "Retry-After": expect.anything() },
      },
    },
  });
  expect(document.paths["/get_session"]?.["get"]).toMatchObject({
    parameters: expect.arrayContaining([
      expect.objectContaining({ name: "thread_id", required: true }),
    ]),
  });
});
