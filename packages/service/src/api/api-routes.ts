import { z } from "zod";
import { openApiDocument } from "../openapi/openapi-document.js";
import { defineRoute, type Route } from "../http/route.js";
import type { ApiPorts } from "./api-ports.js";
import { docsRoutes } from "./system/docs-routes.js";
import { statusRoutes } from "./system/status-routes.js";
import { workerRoutes } from "./system/worker-routes.js";
import { execRoute } from "./v1/exec-route.js";
import { fileRoutes } from "./v1/file-routes.js";
import { sessionRoutes } from "./v1/session-routes.js";
import { v2SessionRoutes } from "./v2/session-routes.js";
import { v2WorkRoutes } from "./v2/work-routes.js";

/** Every route of the API, over one process's ports. A worker and a coordinator serve the same table. */
export function apiRoutes(ports: ApiPorts): Route[] {
  const routes: Route[] = [
    ...sessionRoutes(ports),
    execRoute(ports),
    ...fileRoutes(ports),
    ...statusRoutes(ports),
    ...workerRoutes(ports),
    ...v2SessionRoutes(ports),
    ...v2WorkRoutes(ports),
    ...docsRoutes(),
  ];
  const description = defineRoute({
    method: "get",
    path: "/openapi.json",
    operationId: "openApi",
    tag: "Description",
    summary: "This description",
    answers: {
      200: { description: "OpenAPI 3.1", content: { "application/json": z.looseObject({}) } },
    },
    errors: [],
    handle: () => ({ status: 200, body: document }),
  });
  routes.push(description);
  const document = openApiDocument(routes, {
    version: ports.version,
    keysRequired: ports.keyring.required,
  });
  return routes;
}
