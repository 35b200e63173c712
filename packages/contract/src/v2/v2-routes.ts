import { z } from "zod";
import { execRequestSchema } from "../exec.js";
import { createSessionRequestSchema } from "../session.js";

/**
 * Bodies of the routes that clients of the earlier Python system call. Unknown fields are ignored here (those clients
 * may send more), unlike in /v1, where they are errors.
 */
const sessionIdSchema = z.string().min(1).max(256);

/** GET /get_session. */
export const v2GetSessionQuerySchema = z.object({
  thread_id: createSessionRequestSchema.shape.thread_id,
});

/** POST /create_session. */
export const v2CreateSessionSchema = z.object({
  user_id: createSessionRequestSchema.shape.user_id,
  thread_id: createSessionRequestSchema.shape.thread_id,
  timeout_minutes: createSessionRequestSchema.shape.timeout_minutes,
});

/** POST /execute. */
export const v2ExecuteSchema = z.object({
  session_id: sessionIdSchema,
  command: execRequestSchema.shape.command,
  timeout: execRequestSchema.shape.timeout,
});

/** POST /download_file. */
export const v2DownloadFileSchema = z.object({
  session_id: sessionIdSchema,
  filename: z.string().min(1).max(4096),
});

/** GET /list_files. */
export const v2ListFilesQuerySchema = z.object({ session_id: sessionIdSchema });

/** POST /cleanup. */
export const v2CleanupSchema = z.object({ session_id: sessionIdSchema });

/** Answer of POST /cleanup. */
export const v2CleanupResultSchema = z.object({
  status: z.literal("cleaned_up"),
  session_id: z.string(),
});

/** Answer of GET /status/{session_id}. */
export const v2StatusSchema = z.object({
  status: z.literal("active"),
  worker: z.string(),
  created_at: z.iso.datetime(),
  last_activity: z.iso.datetime(),
});
