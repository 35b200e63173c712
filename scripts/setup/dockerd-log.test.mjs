import assert from "node:assert/strict";
import { test } from "node:test";
import { explainDockerdLog } from "./dockerd-log.mjs";

for (const [log, word] of /** @type {const} */ ([
  [
    "failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to create NAT chain DOCKER: iptables failed: iptables -t nat -N DOCKER: iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied",
    "iptables-legacy",
  ],
  [
    'failed to register "bridge" driver: failed to create NAT chain DOCKER: exec: "iptables": executable file not found in $PATH',
    "iptables-legacy",
  ],
  ["failed to start daemon: Devices cgroup isn't mounted", "cgroupfs-mount"],
  [
    "failed to start daemon: error initializing graphdriver: driver not supported",
    "storage-driver",
  ],
  [
    "failed to start daemon: pid file found, ensure docker is not running or delete /var/run/docker.pid",
    "Another engine",
  ],
  [
    "unable to configure the Docker daemon with file /etc/docker/daemon.json: invalid character",
    "daemon.json",
  ],
  ["mkdir /var/lib/docker/tmp: no space left on device", "full"],
  ["mount: operation not permitted", "privileged"],
])) {
  test(`a log that says "${log.slice(0, 60)}…" is explained by ${word}`, () => {
    const explained = explainDockerdLog(`level=info msg="Starting up"\n${log}\n`);
    assert.equal(explained.length, 1);
    assert.ok(explained[0]?.includes(word), explained[0]);
  });
}

test("a log that says nothing known is not explained away", () => {
  assert.deepEqual(explainDockerdLog('level=info msg="API listen on /var/run/docker.sock"'), []);
});
