import { type SandboxError, sandboxError } from "@sandbox-system/contract";

/** Holds callers back until it is known which sessions there are: before that, none could be said not to exist. */
export class ReadyGate {
  #open: boolean;
  #refusal: SandboxError | undefined;
  #waiting: { resolve: () => void; reject: (error: SandboxError) => void }[] = [];

  /** `open`: there is nothing to wait for. */
  constructor({ open }: { open: boolean }) {
    this.#open = open;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Resolves when the gate opens. @throws SandboxError `DRAINING` when it never will. */
  async passed(): Promise<void> {
    if (this.#open) return;
    if (this.#refusal !== undefined) throw this.#refusal;
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  open(): void {
    this.#open = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** It will not open any more; nothing happens when it has. */
  close(): void {
    if (this.#open) return;
    const refusal = sandboxError(
      "DRAINING",
      "This worker is shutting down before it has started.",
      {
        retryAfterSeconds: 1,
      },
    );
    this.#refusal = refusal;
    for (const { reject } of this.#waiting.splice(0)) reject(refusal);
  }
}
