import { envSchema, metadataSchema } from "@sandbox-system/contract";
import type { SandboxIdentity } from "../sandbox/sandbox-identity.js";
import type { SessionTerms } from "../session/session.js";
import { FieldReader, StateMalformed } from "./field-reader.js";

/** What one process of a worker writes down about a session so that the next one can take it over. */
export interface KeptSession {
  readonly sandbox: SandboxIdentity;
  readonly session: SessionTerms;
}

/** Rises with every change that an older or newer process would misread. */
const FORMAT_VERSION = 1;

/** The protocol's secrets are that long, bytes. */
const SECRET_BYTES = 32;

const SANDBOX_ID = /^sbx_[0-9A-HJKMNP-TV-Z]{26}$/;
/** What may stand in an engine's URL. */
const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const BASE64 = /^[A-Za-z0-9+/]+=*$/;
const ABSOLUTE_PATH = /^\/[^\p{Cc}]{1,4095}$/u;
/** No control characters, which no name of a session has. */
const NAME = /^[^\p{Cc}]{1,256}$/u;

/** Whether this names a sandbox; only then may it become part of a path. */
export function isSandboxId(value: string): boolean {
  return SANDBOX_ID.test(value);
}

/** The text of a state file. Holds the agent's secret and the session's environment. */
export function formatKeptSession({ sandbox, session }: KeptSession): string {
  const secret = Buffer.from(sandbox.secret).toString("base64");
  return JSON.stringify({ version: FORMAT_VERSION, sandbox: { ...sandbox, secret }, session });
}

/** Reads the text of a state file; nothing in it is believed unseen. @throws StateMalformed */
export function parseKeptSession(text: string): KeptSession {
  const root = FieldReader.parse(text);
  const version = root.number("version");
  if (version !== FORMAT_VERSION) throw new StateMalformed(`version is ${String(version)}`);
  const kept = { sandbox: readSandbox(root.object("sandbox")), session: readSession(root) };
  root.end();
  return kept;
}

function readSandbox(fields: FieldReader): SandboxIdentity {
  const transport = fields.text("transport", /^(unix|attach)$/) === "unix" ? "unix" : "attach";
  const secret = Buffer.from(fields.text("secret", BASE64), "base64");
  if (secret.byteLength !== SECRET_BYTES) throw new StateMalformed("secret has another length");
  const identity = {
    id: fields.text("id", SANDBOX_ID),
    containerId: fields.text("containerId", CONTAINER_ID),
    transport,
    secret,
    workspaceDir: fields.text("workspaceDir", ABSOLUTE_PATH),
    user: fields.text("user", NAME),
  } as const;
  fields.end();
  return identity;
}

function readSession(root: FieldReader): SessionTerms {
  const fields = root.object("session");
  const env = envSchema.safeParse(fields.take("env"));
  const metadata = metadataSchema.safeParse(fields.take("metadata"));
  if (!env.success || !metadata.success) throw new StateMalformed("env or metadata is none");
  const terms = {
    id: fields.text("id", NAME),
    tenant: fields.text("tenant", NAME),
    threadId: fields.text("threadId", NAME),
    userId: fields.text("userId", NAME),
    generation: fields.number("generation", { min: 1, whole: true }),
    createdAtMs: fields.number("createdAtMs"),
    timeoutMs: fields.number("timeoutMs"),
    env: env.data,
    metadata: metadata.data,
  };
  fields.end();
  return terms;
}
