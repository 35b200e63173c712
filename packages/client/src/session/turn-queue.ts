/**
 * Runs actions one event-loop turn apart, in the order they were asked for. Whoever awaits an action therefore goes on before the next
 * action runs, however many promises lie between.
 */
export class TurnQueue {
  #last: Promise<void> = Promise.resolve();

  /** Runs `action` after every earlier one has had a turn of its own; settles as `action` does. */
  run<T>(action: () => T): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.then(nextTurn, nextTurn);
    return result;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
