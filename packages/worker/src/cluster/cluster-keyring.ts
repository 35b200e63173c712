import { DEFAULT_TENANT, type Keyring } from "@sandbox-system/service";

/** Form of a tenant's name, as API keys have it; a coordinator sends nothing else. */
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The keyring of a worker in a cluster: it answers coordinators, which show the cluster's token, and nobody else. Whose request a coordinator
 * carries is what the coordinator says.
 */
export function createClusterKeyring(token: {
  readonly accepts: (candidate: string) => boolean;
}): Keyring {
  return {
    required: true,
    tenantOf(key, onBehalfOf = DEFAULT_TENANT) {
      return token.accepts(key) && TENANT.test(onBehalfOf) ? onBehalfOf : undefined;
    },
    isAdmin: () => true,
  };
}
