/** A promise that is resolved from outside, once. */
export class Gate {
  readonly passed: Promise<void>;
  #open!: () => void;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Lets everybody pass. */
  open(): void {
    this.#open();
  }
}
