import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import swaggerUiDirectory from "swagger-ui-dist/absolute-path.js";
import { defineRoute, type Exchange, type Route } from "../../http/route.js";

/** The page and its start script. Nothing comes from another host, and no script stands in the page: its policy forbids both. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Sandbox API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** Swagger UI sets styles from scripts and shows icons from data URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** /docs: the API's description to read and to try. */
export function docsRoutes(): Route[] {
  return [
    docsRoute("/docs", "docs", "The API to read and to try", (exchange) => {
      exchange.res.setHeader("Content-Security-Policy", PAGE_POLICY);
      return sendText(exchange, "text/html", PAGE);
    }),
    docsRoute("/docs/start.js", "docsScript", "Script of /docs", (exchange) =>
      sendText(exchange, "text/javascript", START),
    ),
    docsRoute("/docs/swagger-ui.css", "docsStyle", "Style of /docs", (exchange) =>
      sendAsset(exchange, "text/css", "swagger-ui.css"),
    ),
    docsRoute("/docs/swagger-ui-bundle.js", "docsViewer", "Viewer of /docs", (exchange) =>
      sendAsset(exchange, "text/javascript", "swagger-ui-bundle.js"),
    ),
  ];
}

function docsRoute(
  path: string,
  operationId: string,
  summary: string,
  handle: (exchange: Exchange) => Promise<undefined>,
): Route {
  return defineRoute({
    method: "get",
    path,
    operationId,
    tag: "Description",
    summary,
    answers: { 200: { description: "Text", content: { "text/plain": "text" } } },
    errors: [],
    handle: (_input, exchange) => handle(exchange),
  });
}

function sendText({ res }: Exchange, type: string, text: string): Promise<undefined> {
  res.setHeader("Content-Type", `${type}; charset=utf-8`);
  res.end(text);
  return Promise.resolve(undefined);
}

async function sendAsset({ res }: Exchange, type: string, name: string): Promise<undefined> {
  res.setHeader("Content-Type", `${type}; charset=utf-8`);
  await pipeline(createReadStream(join(swaggerUiDirectory(), name)), res);
  return undefined;
}
