import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import { cutOff } from "./read-json.js";
import { requestBody } from "./discard-body.js";

/**
 * A request's body as a stream of its own. Destroying it does not destroy the request, which would take the connection and with it the
 * answer along. It fails when the client leaves before the body is complete, so that a part is never taken for the whole.
 */
export function bodyStream(req: IncomingMessage, res: ServerResponse): Readable {
  const content = new PassThrough();
  // Whoever was reading may have left already; a late failure has nobody to tell.
  content.on("error", () => undefined);
  req.once("close", () => {
    if (!req.complete) content.destroy(cutOff());
  });
  content.once("close", () => {
    req.unpipe(content);
  });
  requestBody(req, res);
  req.pipe(content);
  return content;
}
