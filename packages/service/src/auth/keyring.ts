import { timingSafeEqual } from "node:crypto";
import { type ApiKey, digestOf } from "./api-keys-setting.js";

/** Tenant of everybody when no keys are configured. */
export const DEFAULT_TENANT = "default";

/** Who a key belongs to. */
export interface Keyring {
  /** Whether requests need a key at all. */
  readonly required: boolean;
  /**
   * The tenant whose key this is; undefined when it is nobody's. Takes the same time for every wrong key. `onBehalfOf`: the tenant that a
   * coordinator says it speaks for; heeded only by the keyring of a cluster, whose one key is the coordinators'.
   */
  tenantOf(key: string, onBehalfOf?: string): string | undefined;
  /** Whether the tenant may drain workers. */
  isAdmin(tenant: string): boolean;
}

/** A keyring over configured keys. Without any, everybody is the administrator {@link DEFAULT_TENANT}. */
export function createKeyring(
  keys: readonly ApiKey[],
  adminTenants: readonly string[] = [],
): Keyring {
  const required = keys.length > 0;
  const admins = new Set(adminTenants);
  return {
    required,
    tenantOf(key) {
      const digest = digestOf(key);
      let tenant: string | undefined;
      // No early exit: the time must not tell which key, if any, came close.
      for (const candidate of keys)
        if (timingSafeEqual(candidate.digest, digest)) tenant = candidate.tenant;
      return tenant;
    },
    isAdmin: (tenant) => !required || admins.has(tenant),
  };
}
