import type { Session } from "./session.js";

/** Writes down what a successor process needs to take a session over; `adoption/` has the one that does. */
export interface SessionKeeper {
  /** Before a session is shown. Never rejects: a session that cannot be kept is served all the same. */
  keep(session: Session): Promise<void>;
  /** A sandbox is over. Never rejects. */
  forget(sandboxId: string): Promise<void>;
}

/** Keeps nothing: sessions end with their process. */
export const noKeeper: SessionKeeper = {
  keep: () => Promise.resolve(),
  forget: () => Promise.resolve(),
};
