import { spawn } from "node:child_process";

/** Which containers to remove, and through which engine. */
export interface CleanupTarget {
  /** The containers' label `sandbox.worker`. */
  readonly workerId: string;
  /** As DOCKER_HOST writes it; undefined: the local socket. */
  readonly dockerHost: string | undefined;
}

/** The Node program of the cleanup process; its arguments are a worker id and a DOCKER_HOST. */
const CLEANUP_PROGRAM = `
const http = require("node:http");
const [workerId, dockerHost] = process.argv.slice(1);
const url = new URL(dockerHost);
const target = url.protocol === "unix:" || url.protocol === "npipe:"
  ? { socketPath: decodeURIComponent(url.host ? "//" + url.host + url.pathname : url.pathname) }
  : { host: url.hostname, port: url.port || 2375 };
const call = (method, path) => new Promise((resolve) => {
  const request = http.request({ ...target, method, path, timeout: 10000 }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => { text += part; }).on("end", () => resolve(text));
  });
  request.on("timeout", () => request.destroy()).on("error", () => resolve("[]")).end();
});
const filters = encodeURIComponent(JSON.stringify({ label: ["sandbox.worker=" + workerId] }));
(async () => {
  // A creation that was under way when the process died may show up a little later: look until two looks find nothing.
  for (let pass = 0, quiet = 0; pass < 20 && quiet < 2; pass += 1) {
    const found = JSON.parse(await call("GET", "/containers/json?all=1&filters=" + filters));
    quiet = found.length === 0 ? quiet + 1 : 0;
    await Promise.all(found.map(({ Id }) => call("DELETE", "/containers/" + Id + "?force=1&v=1")));
    if (quiet < 2) await new Promise((resolve) => setTimeout(resolve, 500));
  }
})();
`;

/**
 * Starts a process that removes an engine room's containers and outlives this one: for ends of the process that leave no time
 * to wait. Returns at once. The program is given as text, so that it is there in bundled applications too. Engines behind TLS or
 * SSH are left to the agents in the containers, which end by themselves about a minute after their host is gone.
 */
export function cleanUpDetached(executable: string, target: CleanupTarget): void {
  const { workerId, dockerHost = "unix:///var/run/docker.sock" } = target;
  if (!/^(unix|npipe|tcp|http):/.test(dockerHost)) return;
  const child = spawn(executable, ["-e", CLEANUP_PROGRAM, workerId, dockerHost], {
    detached: true,
    stdio: "ignore",
    env: {},
    windowsHide: true,
  });
  child.on("error", () => {
    // Nobody is left to hear of it, and the agents end by themselves.
  });
  child.unref();
}
