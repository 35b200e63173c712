import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/**
 * What npm inside an image build needs to reach its registry as npm on this machine does: build arguments, by name and value. The values may be
 * private, so they go into the environment of the build and not onto its command line.
 * @param {Pick<import("./step.mjs").Context, "run" | "env">} context
 * @returns {Promise<Record<string, string>>} NPM_CONFIG_REGISTRY; EXTRA_CA_CERTS only where there are any
 */
export async function npmAccess({ run, env }) {
  const ask = async (/** @type {string} */ key) => {
    const asked = await run("npm", ["config", "get", key], { aside: true });
    const value = asked.stdout.trim();
    return asked.code === 0 && !["", "null", "undefined"].includes(value) ? value : undefined;
  };
  const registry = await ask("registry");
  const certificates = [env["NODE_EXTRA_CA_CERTS"], await ask("cafile")].flatMap(readIfThere);
  const extra = env["EXTRA_CA_CERTS"] || extraCertificates(certificates.join("\n")).join("\n");
  return {
    ...(registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry }),
    ...(extra === "" ? {} : { EXTRA_CA_CERTS: extra }),
  };
}

/**
 * The certificates that Node.js does not trust by itself. Those files are often a copy of everything that the system trusts, which is too long
 * for an argument, and what a proxy uses to look into TLS is one or two of them.
 * @param {string} pem
 * @param {number} [nowMs] milliseconds since the epoch; certificates that have expired by then are left out
 * @returns {string[]} each in PEM, without repetition
 */
export function extraCertificates(pem, nowMs = Date.now()) {
  const known = new Set(rootCertificates.map((text) => new X509Certificate(text).fingerprint256));
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.filter((block) => {
    const certificate = new X509Certificate(block);
    if (known.has(certificate.fingerprint256)) return false;
    known.add(certificate.fingerprint256);
    return Date.parse(certificate.validTo) > nowMs;
  });
}

/** @param {string | undefined} file @returns {string[]} nothing when there is no such file: npm and node only warn then */
function readIfThere(file) {
  if (!file) return [];
  try {
    return [readFileSync(file, "utf8")];
  } catch {
    return [];
  }
}
