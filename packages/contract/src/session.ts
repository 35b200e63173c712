import { z } from "zod";

/** Longest id of a thread or a user, characters. Long enough for a UUID pair or an e-mail address; short enough for a key. */
export const MAX_NAME_LENGTH = 256;

/** Longest idle timeout a caller may ask for, minutes: a week. Longer-lived data belongs in a store, not a sandbox. */
export const MAX_TIMEOUT_MINUTES = 7 * 24 * 60;

// Control characters in an id could forge log lines and registry keys.
// eslint-disable-next-line no-control-regex
const PRINTABLE = /^[^\u0000-\u001f\u007f]+$/u;

const nameSchema = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(PRINTABLE, "must not contain control characters");

/** Name of an environment variable, as POSIX shells accept it. */
const envNameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "is not a variable name");

/** Values end at NUL in the kernel's environment block, so NUL would cut them off silently. */
const envValueSchema = z
  .string()
  .max(32_768)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000]*$/u, "must not contain NUL");

/** Environment variables of a session or of one command: at most 64, 32 KiB each. */
export const envSchema = z
  .record(envNameSchema, envValueSchema)
  .refine((env) => Object.keys(env).length <= 64, "must not have more than 64 variables");

/** Free labels of a session, given back as they came: at most 32. */
export const metadataSchema = z
  .record(z.string().min(1).max(64), z.string().max(1024))
  .refine((metadata) => Object.keys(metadata).length <= 32, "must not have more than 32 entries");

/** POST /v1/sessions. */
export const createSessionRequestSchema = z.strictObject({
  user_id: nameSchema.describe("Who the conversation belongs to; for logs and listings"),
  thread_id: nameSchema.describe("The conversation; its session is made once and found again"),
  timeout_minutes: z
    .number()
    .positive()
    .max(MAX_TIMEOUT_MINUTES)
    .optional()
    .describe("Idle time after which the session expires; default SESSION_TIMEOUT_MINUTES"),
  env: envSchema.optional().describe("Environment of every command of the session"),
  metadata: metadataSchema.optional(),
});

/** {@link createSessionRequestSchema} as a type. */
export type CreateSessionBody = z.infer<typeof createSessionRequestSchema>;

/**
 * `created` and `existing` are answers of get-or-create; everything else that shows a session says `active`.
 */
export const sessionStatusSchema = z.enum(["created", "existing", "active"]);

/** {@link sessionStatusSchema} as a type. */
export type SessionStatus = z.infer<typeof sessionStatusSchema>;

/** A session, as every route shows it. */
export const sessionSchema = z.object({
  session_id: z.string(),
  thread_id: z.string(),
  user_id: z.string(),
  status: sessionStatusSchema,
  workspace_dir: z.string(),
  user: z.string().describe("User inside the sandbox"),
  worker_id: z.string(),
  created_at: z.iso.datetime(),
  last_activity: z.iso.datetime(),
  expires_at: z.iso.datetime().describe("When it expires unless something happens before"),
  metadata: z.record(z.string(), z.string()),
});

/** {@link sessionSchema} as a type. */
export type SessionBody = z.infer<typeof sessionSchema>;

/** GET /v1/sessions query. */
export const listSessionsQuerySchema = z.strictObject({
  thread_id: nameSchema.optional(),
  user_id: nameSchema.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(512).optional(),
});

/** GET /v1/sessions answer. */
export const sessionListSchema = z.object({
  sessions: z.array(sessionSchema),
  next_cursor: z.string().nullable(),
});

/** A session as TypeScript code sees it; the wire form is {@link sessionSchema}. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly threadId: string;
  readonly userId: string;
  readonly status: SessionStatus;
  /** Absolute path of the workspace inside the sandbox. */
  readonly workspaceDir: string;
  /** User that commands run as, inside the sandbox. */
  readonly user: string;
  readonly workerId: string;
  readonly createdAt: Date;
  readonly lastActivity: Date;
  readonly expiresAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A page of sessions, newest activity first; `nextCursor` is null on the last. */
export interface SessionPage {
  readonly sessions: readonly SessionInfo[];
  readonly nextCursor: string | null;
}

/** The wire form of a session. */
export function sessionToBody(session: SessionInfo): SessionBody {
  return {
    session_id: session.sessionId,
    thread_id: session.threadId,
    user_id: session.userId,
    status: session.status,
    workspace_dir: session.workspaceDir,
    user: session.user,
    worker_id: session.workerId,
    created_at: session.createdAt.toISOString(),
    last_activity: session.lastActivity.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    metadata: { ...session.metadata },
  };
}

/** Reads the wire form of a session. */
export function sessionFromBody(body: SessionBody): SessionInfo {
  return {
    sessionId: body.session_id,
    threadId: body.thread_id,
    userId: body.user_id,
    status: body.status,
    workspaceDir: body.workspace_dir,
    user: body.user,
    workerId: body.worker_id,
    createdAt: new Date(body.created_at),
    lastActivity: new Date(body.last_activity),
    expiresAt: new Date(body.expires_at),
    metadata: body.metadata,
  };
}
