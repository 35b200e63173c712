/** What dockerd says when it cannot start, and what helps. The texts are those of Docker 20.10 to 28. */
const SYMPTOMS = /** @type {const} */ ([
  {
    says: /iptables.*(not found|executable file|nf_tables|Could not fetch rule set|Failed to initialize nft|Table does not exist)/i,
    means:
      "iptables does not work with this kernel.   update-alternatives --set iptables /usr/sbin/iptables-legacy   (install it first if it is missing: apt-get install -y iptables)",
  },
  {
    says: /(devices cgroup isn't mounted|cgroups?: .*(mountpoint|not) .*(exist|mounted|found)|no cgroup)/i,
    means:
      "The control groups are not mounted.   apt-get install -y cgroupfs-mount && cgroupfs-mount",
  },
  {
    says: /(error initializing graphdriver|driver not supported|failed to mount overlay|overlay.*not supported)/i,
    means:
      'The file system below /var/lib/docker cannot hold layers.   Put another one there, or set {"storage-driver":"vfs"} in /etc/docker/daemon.json (slow, large)',
  },
  {
    says: /no space left on device/i,
    means: "The disk that holds /var/lib/docker is full.   df -h /var/lib/docker",
  },
  {
    says: /(operation not permitted|permission denied)/i,
    means:
      "The machine lacks a right that an engine needs: in a container it must be privileged (docker run --privileged), or use the engine of the host (mount its /var/run/docker.sock).",
  },
  {
    says: /unable to configure the Docker daemon with file/i,
    means: "/etc/docker/daemon.json has a mistake.   dockerd --validate",
  },
  {
    says: /(process with PID \d+ is still running|pid file found)/i,
    means: "Another engine is just starting or stopping. Wait a moment.",
  },
]);

/**
 * What the end of an engine's log usually means, a line each, the likeliest cause first; empty when it says nothing that is known.
 * @param {string} log
 * @returns {string[]}
 */
export function explainDockerdLog(log) {
  const found = SYMPTOMS.filter(({ says }) => says.test(log)).map(({ means }) => means);
  // One cause drags others along, and two pieces of advice contradict each other: the table is in the order of what explains most.
  return found.slice(0, 1);
}
