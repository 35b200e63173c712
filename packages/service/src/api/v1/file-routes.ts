import type { Request } from "express";
import {
  fileListingSchema,
  fileListingToBody,
  sandboxError,
  uploadResultSchema,
  uploadResultToBody,
} from "@sandbox-system/contract";
import { bodyStream } from "../../http/body-stream.js";
import { filePathOf } from "../../http/file-path.js";
import { refuseContentEncoding } from "../../http/read-json.js";
import { type AnswerDoc, defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import { FILE_ERRORS, SESSION_ERRORS, UPLOAD_ERRORS } from "../error-groups.js";
import { fileTooLarge } from "../operations/file-size-limit.js";
import { describeFile, sendFile } from "../operations/send-file.js";
import { sessionIdOf } from "../session-id.js";

const FILE = "/v1/sessions/{session_id}/files/{path}";

const PATH_RULES =
  "The path is relative to the workspace. It is everything after /files/, each segment percent-encoded UTF-8; an encoded slash is refused.";

/** /v1/sessions/{session_id}/files: list, write, read, remove. */
export function fileRoutes(ports: ApiPorts): Route[] {
  const { sandboxes } = ports;
  return [
    defineRoute({
      method: "get",
      path: "/v1/sessions/{session_id}/files",
      operationId: "listFiles",
      tag: "Files",
      summary: "List the workspace, recursive, newest first",
      answers: {
        200: { description: "All files", content: { "application/json": fileListingSchema } },
      },
      errors: SESSION_ERRORS,
      async handle(input, { tenant }) {
        const listing = await sandboxes.listFiles(tenant, sessionIdOf(input));
        return { status: 200, body: fileListingToBody(listing) };
      },
    }),
    uploadRoute(ports),
    defineRoute({
      method: "get",
      path: FILE,
      operationId: "downloadFile",
      tag: "Files",
      summary: "Download a file, or a part of it",
      description: PATH_RULES,
      headers: { Range: "bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT; one part only" },
      answers: { 200: binaryAnswer("The file"), 206: binaryAnswer("The part asked for") },
      errors: [...FILE_ERRORS, "RANGE_NOT_SATISFIABLE"],
      handle: (input, exchange) =>
        sendFile(
          sandboxes,
          { sessionId: sessionIdOf(input), path: filePathOf(exchange.req) },
          exchange,
        ),
    }),
    defineRoute({
      method: "head",
      path: FILE,
      operationId: "statFile",
      tag: "Files",
      summary: "Size and time of a file",
      description: PATH_RULES,
      answers: { 200: { description: "As GET, without the bytes" } },
      errors: FILE_ERRORS,
      async handle(input, { req, res, tenant }) {
        const entry = await sandboxes.statFile(tenant, sessionIdOf(input), filePathOf(req));
        describeFile(res, entry);
        return { status: 200, headers: { "Content-Length": String(entry.sizeBytes) } };
      },
    }),
    defineRoute({
      method: "delete",
      path: FILE,
      operationId: "removeFile",
      tag: "Files",
      summary: "Remove a file",
      description: PATH_RULES,
      answers: { 204: { description: "The file is gone" } },
      errors: FILE_ERRORS,
      async handle(input, { req, tenant }) {
        await sandboxes.removeFile(tenant, sessionIdOf(input), filePathOf(req));
        return { status: 204 };
      },
    }),
  ];
}

function uploadRoute({ sandboxes, maxFileBytes }: ApiPorts): Route {
  return defineRoute({
    method: "put",
    path: FILE,
    operationId: "uploadFile",
    tag: "Files",
    summary: "Write a file",
    description: `${PATH_RULES} Directories are made. The file is written whole or not at all.`,
    rawBody: { "application/octet-stream": "binary" },
    answers: {
      201: {
        description: "The file is written",
        content: { "application/json": uploadResultSchema },
      },
    },
    errors: UPLOAD_ERRORS,
    async handle(input, { req, res, tenant }) {
      const path = filePathOf(req);
      const sizeBytes = declaredSize(req);
      const maxBytes = maxFileBytes();
      if (sizeBytes !== undefined && sizeBytes > maxBytes) throw fileTooLarge(maxBytes, sizeBytes);
      refuseContentEncoding(req);
      refuseContentRange(req);
      const content = bodyStream(req, res);
      const result = await sandboxes.writeFile(tenant, sessionIdOf(input), path, content, {
        sizeBytes,
      });
      return { status: 201, body: uploadResultToBody(result) };
    },
  });
}

/** Content-Length; without it and without chunks the body is empty. */
function declaredSize(req: Request): number | undefined {
  const header = req.headers["content-length"];
  if (header !== undefined) return Number(header);
  return req.headers["transfer-encoding"] === undefined ? 0 : undefined;
}

/** Taking a part for the whole would destroy the rest of the file (RFC 9110, 14.5). */
function refuseContentRange(req: Request): void {
  if (req.headers["content-range"] !== undefined)
    throw sandboxError("INVALID_REQUEST", "A file is written whole: Content-Range is not taken.");
}

function binaryAnswer(description: string): AnswerDoc {
  return {
    description,
    content: { "application/octet-stream": "binary" },
    headers: {
      "Content-Length": "Bytes of the body",
      "Content-Disposition": "attachment, with the file's name",
      "Last-Modified": "When the file was written",
    },
  };
}
