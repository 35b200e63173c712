/** A promise that is settled from outside, once. Nobody has to wait for it: a failure that no one sees is not an unhandled one. */
export class Gate {
  readonly passed: Promise<void>;
  #open!: () => void;
  #fail!: (error: Error) => void;

  constructor() {
    this.passed = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
    });
    this.passed.catch(() => undefined);
  }

  /** Lets everybody pass. */
  open(): void {
    this.#open();
  }

  /** Turns everybody away. */
  fail(error: Error): void {
    this.#fail(error);
  }
}
