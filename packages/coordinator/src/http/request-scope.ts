import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestListener, ServerResponse } from "node:http";

/** The response of the request in whose course code runs. */
const current = new AsyncLocalStorage<ServerResponse>();

/** Serves requests so that {@link currentRequestId} knows, in everything that they lead to, which one it is about. */
export function withRequestScope(app: RequestListener): RequestListener {
  return (req, res) => {
    current.run(res, () => {
      app(req, res);
    });
  };
}

/** Id of the request that is being served, so that a worker logs the same one; undefined outside of requests. */
export function currentRequestId(): string | undefined {
  const id = current.getStore()?.getHeader("x-request-id");
  return typeof id === "string" ? id : undefined;
}
