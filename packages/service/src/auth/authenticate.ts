import type { IncomingHttpHeaders } from "node:http";
import type { RequestHandler } from "express";
import { type SandboxError, sandboxError, TENANT_HEADER } from "@sandbox-system/contract";
import { contextOf } from "../http/request-context.js";
import { DEFAULT_TENANT, type Keyring } from "./keyring.js";

/**
 * Finds out whose request it is. Runs before routing, so that a path that nobody has thought of needs a key too; `openPaths` are
 * compared exactly.
 * @throws SandboxError UNAUTHENTICATED: the same sentence for a missing, a malformed and a wrong key.
 */
export function authenticate(keyring: Keyring, openPaths: ReadonlySet<string>): RequestHandler {
  return (req, _res, next) => {
    const context = contextOf(req);
    if (!keyring.required) {
      context.tenant = DEFAULT_TENANT;
    } else if (!openPaths.has(req.path)) {
      const key = presentedKey(req.headers);
      const onBehalfOf = req.get(TENANT_HEADER);
      const tenant = key === undefined ? undefined : keyring.tenantOf(key, onBehalfOf);
      if (tenant === undefined) throw unauthenticated();
      context.tenant = tenant;
    }
    next();
  };
}

/** `Authorization: Bearer` wins over `X-API-Key`; other schemes belong to a proxy in front and are passed over. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +([\x21-\x7e]+) *$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const header = headers["x-api-key"];
  return typeof header === "string" ? header : undefined;
}

function unauthenticated(): SandboxError {
  return sandboxError(
    "UNAUTHENTICATED",
    "This server needs an API key. Send it as Authorization: Bearer KEY or as X-API-Key: KEY.",
  );
}
