/** Lets everything that is ready run until the condition holds. */
export async function settle(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** What a call fails with; undefined when it does not. */
export function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}
