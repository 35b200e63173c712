import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
  type ErrorCode,
  errorToBody,
  newRequestId,
  sandboxError,
  type Logger,
} from "@sandbox-system/contract";

interface Complaint {
  readonly code: ErrorCode;
  readonly sentence: string;
}

const BY_PARSER_CODE: Readonly<Record<string, Complaint>> = {
  HPE_HEADER_OVERFLOW: {
    code: "REQUEST_TOO_LARGE",
    sentence: "The request line and headers are larger than 16 KiB.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: "REQUEST_TIMEOUT",
    sentence: "The request did not arrive in time (REQUEST_TIMEOUT_SECONDS).",
  },
};

const GARBAGE: Complaint = {
  code: "INVALID_REQUEST",
  sentence: "This is not an HTTP/1.1 request.",
};

/**
 * Answers what never became a request: bytes that are not HTTP, headers without end, a request that trickles in. Written to the socket
 * by hand, because there is no response object. `answering`: an answer is under way on this connection, and bytes in the middle
 * of it would corrupt it; then the connection is only cut.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  options: { readonly answering: boolean; readonly logger: Logger },
): void {
  if (error.code === "ECONNRESET" || !socket.writable || options.answering) {
    socket.destroy();
    return;
  }
  const complaint = BY_PARSER_CODE[error.code ?? ""] ?? GARBAGE;
  const answer = sandboxError(complaint.code, complaint.sentence);
  const requestId = newRequestId();
  const status = answer.status ?? 400;
  const body = JSON.stringify(errorToBody(answer, requestId));
  options.logger.info("http.garbage", { requestId, status, reason: error.code });
  socket.end(
    [
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      `X-Request-Id: ${requestId}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}
