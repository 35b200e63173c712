import { SetupFailure } from "./failure.mjs";

/**
 * @typedef {import("./engine-plan.mjs").RefusalReason} RefusalReason
 * @typedef {{ probe: import("./engine-probe.mjs").EngineProbe, host: import("./host.mjs").Host, hasDockerd: boolean }} Facts
 */

const AGAIN = "Then run set-up again:   npm run setup";

/** @type {Record<RefusalReason, (facts: Facts) => { message: string, advice: string[] }>} */
const REFUSALS = {
  forbidden: ({ probe }) => ({
    message: `The Docker engine at ${probe.endpoint} refuses this user.`,
    advice: [
      "Join its group:   sudo usermod -aG docker $USER",
      "and log in anew (or, in this terminal: newgrp docker)",
      AGAIN,
    ],
  }),
  "windows-containers": () => ({
    message: "The Docker engine runs Windows containers; the sandbox needs Linux containers.",
    advice: ["In Docker Desktop's menu: Switch to Linux containers", AGAIN],
  }),
  "chosen-silent": ({ probe }) => ({
    message: `No Docker engine answers at ${probe.endpoint}, which ${probe.context === "default" ? "DOCKER_HOST" : `the docker context "${probe.context}"`} names.`,
    advice: [
      "Start that engine,",
      probe.context === "default"
        ? "or use the local one:   unset DOCKER_HOST"
        : "or use the local one:   docker context use default",
      AGAIN,
    ],
  }),
  "no-client": ({ probe }) => ({
    message: `A Docker engine answers at ${probe.endpoint}, but there is no docker program.`,
    advice: [
      "Install the command line program: https://docs.docker.com/engine/install/binaries/",
      AGAIN,
    ],
  }),
  "not-linux": ({ host }) => ({
    message: "No Docker engine answers.",
    advice:
      host.platform === "darwin"
        ? [
            "Install Docker Desktop:   brew install --cask docker",
            "and start it:             open -a Docker",
            AGAIN,
          ]
        : [
            "Install Docker Desktop:   winget install Docker.DockerDesktop",
            "and start it; its whale icon says when it is ready.",
            AGAIN,
          ],
  }),
  "not-root": ({ host, hasDockerd }) => ({
    message: hasDockerd
      ? "Docker is installed but does not run, and only root may start it."
      : "No Docker engine answers, and only root may install one.",
    advice: [
      ...(hasDockerd
        ? []
        : ["Install it:      sudo apt-get update && sudo apt-get install -y docker.io"]),
      host.hasSystemd
        ? "Start it:        sudo systemctl enable --now docker"
        : "Start it:        sudo service docker start",
      "Join its group:  sudo usermod -aG docker $USER && newgrp docker",
      AGAIN,
    ],
  }),
  "no-apt": ({ host }) => ({
    message: `No Docker engine answers, and set-up installs one on Debian and Ubuntu only; this is ${host.system}.`,
    advice: [
      "Fedora, RHEL:    sudo dnf install -y moby-engine && sudo systemctl enable --now docker",
      "Arch:            sudo pacman -S docker && sudo systemctl enable --now docker",
      "Alpine:          sudo apk add docker && sudo rc-update add docker && sudo service docker start",
      "Anything else:   https://docs.docker.com/engine/install/",
      AGAIN,
    ],
  }),
};

/**
 * The failure that tells a person what stands in the way of an engine and which commands remove it on this machine.
 * @param {RefusalReason} because
 * @param {Facts} facts
 * @returns {SetupFailure}
 */
export function engineRefusal(because, facts) {
  const { message, advice } = REFUSALS[because](facts);
  return new SetupFailure(message, advice);
}
