/** Labels by which ownership of a container can be told from outside: `docker ps --filter label=sandbox.system`. */
export const ContainerLabel = {
  /** "1" on every container of the system. */
  SYSTEM: "sandbox.system",
  /** Id of the worker that owns it. */
  WORKER: "sandbox.worker",
  /** The boot of that worker which made it. */
  REGISTRATION: "sandbox.registration",
  /** Id of the sandbox. */
  SANDBOX: "sandbox.id",
} as const;

/** Label of images that carry the agent: the name of the user whom they are set up for. */
export const IMAGE_USER_LABEL = "sandbox.user";

/** Label of images that were prepared from a user's own, so that they can be found and removed. */
export const PREPARED_IMAGE_LABEL = "sandbox.prepared";
