import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { type SandboxError, sandboxError, type UploadResult } from "@sandbox-system/contract";
import { requestBody } from "../../http/discard-body.js";
import { cutOff } from "../../http/read-json.js";
import { FileSizeLimit } from "../operations/file-size-limit.js";
import { StagedFile } from "./staged-file.js";

/** Fields that a form may have beside the file, and bytes of each: clients send one short one. */
const FIELD_LIMITS = { fields: 16, fieldSize: 4096, headerPairs: 32, headerSize: 16 * 1024 };

/** What {@link receiveUpload} needs. */
export interface UploadOptions {
  readonly maxFileBytes: number;
  /** Where a file waits whose session comes after it. */
  readonly stagingDirectory: string;
  /** Stores the file; it must read `content` to its end or destroy it. */
  store(file: {
    sessionId: string;
    filename: string;
    content: Readable;
    sizeBytes?: number;
  }): Promise<UploadResult>;
}

/**
 * Receives a multipart form with the fields `session_id` and `file`, in any order, never holding the file in memory: when `session_id` comes
 * first the file streams through, otherwise it waits on disk. Other fields, and files after the first, are ignored.
 *
 * Rejects with UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST (not a whole form, a field is missing), FILE_TOO_LARGE, OPERATION_ABORTED
 * (the client left), and whatever `store` rejects with. In all of these nothing is left behind.
 */
export async function receiveUpload(
  req: IncomingMessage,
  res: ServerResponse,
  options: UploadOptions,
): Promise<UploadResult> {
  const parser = createParser(req);
  const form = new UploadForm(options);
  const finished = new Promise<void>((resolve) => parser.once("finish", resolve));
  parser.on("error", () => {
    form.fail(brokenForm());
  });
  parser.on("field", (name, value) => {
    if (name === "session_id") form.sessionId = value;
  });
  parser.on("file", (name, stream, filename) => {
    form.addFile(name, stream, filename);
  });
  req.once("close", () => {
    if (!req.complete) form.fail(cutOff());
  });
  try {
    requestBody(req, res);
    req.pipe(parser);
    await Promise.race([finished, form.failed]);
    return await form.result();
  } finally {
    req.unpipe(parser);
    await form.cleanUp();
  }
}

/** A form while its parts arrive. */
class UploadForm {
  sessionId: string | undefined;
  /** Rejects with the first failure; those after it are its consequences. */
  readonly failed: Promise<never>;
  #reject!: (error: unknown) => void;
  readonly #options: UploadOptions;
  #filename = "";
  #content: FileSizeLimit | undefined;
  #stored: Promise<UploadResult> | undefined;
  #staged: Promise<StagedFile> | undefined;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => {
      this.#reject = reject;
    });
    // A failure after the form is complete has nobody to tell.
    this.failed.catch(() => undefined);
  }

  /** Ends the form. */
  fail(error: SandboxError): void {
    this.#reject(error);
    this.#content?.destroy(error);
  }

  addFile(name: string, stream: Readable, filename: string | undefined): void {
    stream.once("error", () => {
      this.fail(brokenForm());
    });
    if (name !== "file" || this.#content !== undefined) {
      stream.resume();
      return;
    }
    this.#filename = filename ?? "";
    this.#content = new FileSizeLimit(this.#options.maxFileBytes);
    this.#content.on("error", this.#reject);
    this.#consume(stream.pipe(this.#content));
  }

  /** What came of the form. Called when all parts have arrived. */
  async result(): Promise<UploadResult> {
    if (this.#content === undefined) throw missing("file");
    if (this.sessionId === undefined) throw missing("session_id");
    if (this.#stored !== undefined) return this.#stored;
    const staged = await this.#staged;
    if (staged === undefined) throw missing("file");
    return this.#options.store({
      sessionId: this.sessionId,
      filename: this.#filename,
      content: staged.open(),
      sizeBytes: this.#content.size,
    });
  }

  /** Waits until nobody works on the file any more and removes what was staged. Never rejects. */
  async cleanUp(): Promise<void> {
    this.#content?.destroy();
    await Promise.allSettled([this.#stored, this.#staged?.then((staged) => staged.remove())]);
  }

  #consume(content: Readable): void {
    if (this.#filename === "") {
      this.fail(sandboxError("INVALID_REQUEST", "The file of the form has no name."));
      return;
    }
    const { sessionId } = this;
    if (sessionId === undefined)
      this.#staged = StagedFile.stage(content, this.#options.stagingDirectory);
    else this.#stored = this.#options.store({ sessionId, filename: this.#filename, content });
    // A refusal need not wait for the rest of the form.
    (this.#stored ?? this.#staged)?.catch(this.#reject);
  }
}

function createParser(req: IncomingMessage): BusboyInstance {
  const contentType = req.headers["content-type"];
  if (contentType === undefined || !/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw sandboxError(
      "UNSUPPORTED_MEDIA_TYPE",
      "The body must be a form: send it with Content-Type: multipart/form-data.",
    );
  }
  try {
    return new Busboy({
      headers: { ...req.headers, "content-type": contentType },
      // Names are taken as they are; the sandbox service judges them.
      preservePath: true,
      limits: FIELD_LIMITS,
    });
  } catch (error) {
    throw sandboxError("INVALID_REQUEST", "The multipart form has no boundary.", { cause: error });
  }
}

function brokenForm(): SandboxError {
  return sandboxError("INVALID_REQUEST", "The multipart form is malformed or ends too early.");
}

function missing(field: string): SandboxError {
  return sandboxError("INVALID_REQUEST", `The form has no field ${field}.`);
}
