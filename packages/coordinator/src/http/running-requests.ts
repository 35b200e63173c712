import type { RequestListener, ServerResponse } from "node:http";

/** Knows which requests are under way. */
export class RunningRequests {
  readonly #running = new Set<ServerResponse>();

  /** The application, its requests noted. */
  follow(app: RequestListener): RequestListener {
    return (req, res) => {
      this.#running.add(res);
      res.once("close", () => {
        this.#running.delete(res);
      });
      app(req, res);
    };
  }

  /** Requests under way. */
  get count(): number {
    return this.#running.size;
  }

  /** Resolves when every request that is under way now is over. */
  async settled(): Promise<void> {
    await Promise.all(
      [...this.#running].map(
        (res) =>
          new Promise<void>((resolve) => {
            res.once("close", resolve);
          }),
      ),
    );
  }
}
