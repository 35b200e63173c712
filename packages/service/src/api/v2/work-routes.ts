import { z } from "zod";
import {
  execResultSchema,
  execResultToBody,
  fileListingSchema,
  fileListingToBody,
  uploadResultSchema,
  uploadResultToBody,
  v2DownloadFileSchema,
  v2ExecuteSchema,
  v2ListFilesQuerySchema,
} from "@sandbox-system/contract";
import { defineRoute, type Route } from "../../http/route.js";
import type { ApiPorts } from "../api-ports.js";
import {
  BODY_ERRORS,
  EXEC_ERRORS,
  FILE_ERRORS,
  SESSION_ERRORS,
  UPLOAD_ERRORS,
} from "../error-groups.js";
import { fileTooLarge } from "../operations/file-size-limit.js";
import { abortWhenGone, runCommand } from "../operations/run-command.js";
import { sendFile } from "../operations/send-file.js";
import { receiveUpload } from "./upload-form.js";

/** Bytes that a form may have around its file: boundaries, part headers and the small fields. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

/** For the API's description. */
const uploadFormSchema = z.object({
  session_id: z.string(),
  file: z.string().meta({ format: "binary" }),
});

/** /execute, /upload_file, /download_file and /list_files of the earlier system. */
export function v2WorkRoutes(ports: ApiPorts): Route[] {
  const { sandboxes } = ports;
  return [
    defineRoute({
      method: "post",
      path: "/execute",
      operationId: "v2Execute",
      tag: "V2",
      summary: "Run a command",
      body: v2ExecuteSchema,
      answers: {
        200: {
          description: "What the command came to",
          content: { "application/json": execResultSchema },
        },
      },
      errors: [...BODY_ERRORS, ...EXEC_ERRORS],
      async handle({ body }, { tenant, res }) {
        const result = await runCommand(ports, {
          tenant,
          sessionId: body.session_id,
          request: { command: body.command, timeoutMs: Math.round(body.timeout * 1000) },
          hooks: { signal: abortWhenGone(res) },
        });
        return { status: 200, body: execResultToBody(result) };
      },
    }),
    uploadRoute(ports),
    defineRoute({
      method: "post",
      path: "/download_file",
      operationId: "v2DownloadFile",
      tag: "V2",
      summary: "Download a file",
      body: v2DownloadFileSchema,
      answers: {
        200: { description: "The file", content: { "application/octet-stream": "binary" } },
      },
      errors: [...BODY_ERRORS, ...FILE_ERRORS],
      handle: ({ body }, exchange) =>
        sendFile(sandboxes, { sessionId: body.session_id, path: body.filename }, exchange),
    }),
    defineRoute({
      method: "get",
      path: "/list_files",
      operationId: "v2ListFiles",
      tag: "V2",
      summary: "List the workspace",
      query: v2ListFilesQuerySchema,
      answers: {
        200: { description: "All files", content: { "application/json": fileListingSchema } },
      },
      errors: ["INVALID_REQUEST", ...SESSION_ERRORS],
      async handle({ query }, { tenant }) {
        const listing = await sandboxes.listFiles(tenant, query.session_id);
        return { status: 200, body: fileListingToBody(listing) };
      },
    }),
  ];
}

function uploadRoute({ sandboxes, maxFileBytes, stagingDirectory }: ApiPorts): Route {
  return defineRoute({
    method: "post",
    path: "/upload_file",
    operationId: "v2UploadFile",
    tag: "V2",
    summary: "Write a file",
    description: "The fields may come in any order; session_id before file saves a copy.",
    rawBody: { "multipart/form-data": uploadFormSchema },
    answers: {
      200: {
        description: "The file is written",
        content: { "application/json": uploadResultSchema },
      },
    },
    errors: UPLOAD_ERRORS,
    async handle(_input, { req, res, tenant }) {
      const declared = Number(req.headers["content-length"] ?? 0);
      const maxBytes = maxFileBytes();
      if (declared > maxBytes + FORM_OVERHEAD_BYTES) throw fileTooLarge(maxBytes, declared);
      const result = await receiveUpload(req, res, {
        maxFileBytes: maxBytes,
        stagingDirectory,
        store: ({ sessionId, filename, content, sizeBytes }) =>
          sandboxes.writeFile(tenant, sessionId, filename, content, { sizeBytes }),
      });
      return { status: 200, body: uploadResultToBody(result) };
    },
  });
}
