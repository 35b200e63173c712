import { monotonicFactory } from "ulid";

const next = monotonicFactory();

const ULID = "[0-9A-HJKMNP-TV-Z]{26}";
const SESSION_ID = new RegExp(`^ses_${ULID}$`);

/** A new session id: `ses_` and a ULID, so ids sort by creation and carry 80 random bits, unguessable in practice. */
export function newSessionId(): string {
  return `ses_${next()}`;
}

/** A new sandbox id: `sbx_` and a ULID. Names the container too. */
export function newSandboxId(): string {
  return `sbx_${next()}`;
}

/** A new registration id: one boot of a worker. */
export function newRegistrationId(): string {
  return `reg_${next()}`;
}

/** A new request id, for requests that came without one. */
export function newRequestId(): string {
  return `req_${next()}`;
}

/** Whether `value` has the form of a session id. Anything else can be answered 404 without looking. */
export function isSessionId(value: string): boolean {
  return SESSION_ID.test(value);
}
