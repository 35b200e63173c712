/**
 * Lets everything that is already on its way happen: in-memory streams and promises need a bounded number of turns of the event loop, and no
 * time.
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
