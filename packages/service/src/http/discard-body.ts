import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "@sandbox-system/contract";

/**
 * How long the rest of a refused body is read and thrown away, milliseconds. Closing at once would reset the connection while the
 * client still writes, and it would see a broken pipe instead of the answer; reading forever would serve an attacker.
 */
const LINGER_MS = 30_000;

/** Reads what is left of a refused request's body, so that the client gets to read the answer; then cuts the connection. */
export function discardBody(req: IncomingMessage, clock: Clock): void {
  if (req.complete || req.destroyed) return;
  const timer = clock.setTimer(LINGER_MS, () => req.socket.destroy());
  req.once("close", () => {
    timer.cancel();
  });
  req.unpipe();
  req.resume();
}

const awaitingContinue = new WeakSet<IncomingMessage>();

/** Notes that the client sends the body only after `100 Continue`. */
export function expectContinue(req: IncomingMessage): void {
  awaitingContinue.add(req);
}

/** Asks for the body where the client waits to be asked. Called before a body is read, once it is known to be wanted. */
export function requestBody(req: IncomingMessage, res: ServerResponse): void {
  if (awaitingContinue.delete(req)) res.writeContinue();
}

/** Whether the client still waits to be asked for the body: nothing of it is on its way. */
export function isAwaitingContinue(req: IncomingMessage): boolean {
  return awaitingContinue.has(req);
}
