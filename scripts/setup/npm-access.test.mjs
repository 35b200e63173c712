import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { test } from "node:test";
import { extraCertificates, npmAccess } from "./npm-access.mjs";

/** Of nobody: its key was thrown away. Valid for a hundred years. */
const PROXY = `-----BEGIN CERTIFICATE-----
MIIBgDCCASegAwIBAgIUXd7rzCTNYmhakBC8s5GpvfhIxVUwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKdGVzdCBwcm94eTAgFw0yNjExMjIyMzM5MDVaGA8yMTI2MTAy
OTIzMzkwNVowFTETMBEGA1UEAwwKdGVzdCBwcm94eTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNNo5wlZUEwauqi3KodCSkpbdhwQia8sxq8kcH/erLrxDXYFaJd3
9LbkXOln87CI5z9SKZKbigsy867cTzwS5vijUzBRMB0GA1UdDgQWBBSUsIs11594
v8Ez4NWQy6/fEjPGLzAfBgNVHSMEGDAWgBSUsIs11594v8Ez4NWQy6/fEjPGLzAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIEfJXr2pNfoPh3VWPJnf
aPnxqZhEM7jDBOzikQ8FWKPrAiATfyocAMD0+bNHvo7wrLW6LMTHOGYUrqUFDRXH
zygjMg==
-----END CERTIFICATE-----`;

test("of a file of certificates only those are handed on that node does not trust by itself", () => {
  const bundle = [rootCertificates[0], PROXY, rootCertificates[1], PROXY].join("\n");
  assert.deepEqual(extraCertificates(bundle), [PROXY]);
  assert.deepEqual(extraCertificates(""), []);
});

test("certificates that have expired are left out", () => {
  const inTwoHundredYears = Date.now() + 200 * 365 * 24 * 3_600_000;
  assert.deepEqual(extraCertificates(PROXY, inTwoHundredYears), []);
});

/**
 * @param {{ registry?: string, cafile?: string }} config of npm
 * @param {NodeJS.ProcessEnv} [env]
 */
const access = ({ registry = "undefined", cafile = "null" }, env = {}) =>
  npmAccess({
    env,
    run: async (_command, args) => {
      const stdout = `${args.at(-1) === "registry" ? registry : cafile}\n`;
      return { code: 0, stdout, output: stdout };
    },
  });

test("npm without settings needs nothing", async () => {
  assert.deepEqual(await access({}), {});
});

test("another registry, and the certificates of npm's and of node's own setting, reach the build", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "npm-access-"));
  try {
    const file = path.join(folder, "ca.pem");
    writeFileSync(file, PROXY);
    const registry = "https://npm.example/";
    const expected = { NPM_CONFIG_REGISTRY: registry, EXTRA_CA_CERTS: PROXY };
    assert.deepEqual(await access({ registry, cafile: file }), expected);
    assert.deepEqual(await access({ registry }, { NODE_EXTRA_CA_CERTS: file }), expected);
    assert.deepEqual(await access({ cafile: path.join(folder, "none") }), {});
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what a person has set for the build wins", async () => {
  assert.deepEqual(await access({}, { EXTRA_CA_CERTS: "own" }), { EXTRA_CA_CERTS: "own" });
});
