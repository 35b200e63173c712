/**
 * State of a sandbox.
 *
 * - `warm`: entry: its agent is ready. Owner: the pool. Exits: claimed by a session; destroyed as surplus or because it died.
 * - `claimed`: entry: a session took it, or a successor process adopted it with its session. Owner: that session, for the rest of its life.
 *   Exits: destroyed; handed over.
 * - `handed-over`: final. Its container goes on without this process, for the next one of the same worker.
 * - `destroying`: entry: somebody asked for its end, or its connection was lost. Its container is being removed.
 * - `destroyed`: final. Nothing of it is left, or the engine could not be asked and the reaper will remove the rest.
 */
export type SandboxState = "warm" | "claimed" | "handed-over" | "destroying" | "destroyed";

/** Which state may follow which. States never move backwards. */
export const SANDBOX_TRANSITIONS: Readonly<Record<SandboxState, readonly SandboxState[]>> = {
  warm: ["claimed", "destroying"],
  claimed: ["handed-over", "destroying"],
  "handed-over": [],
  destroying: ["destroyed"],
  destroyed: [],
};
