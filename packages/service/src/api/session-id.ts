import type { RouteInput } from "../http/route.js";

/** The `{session_id}` of a route. Of any form: what is not a session's id is a session that nobody knows. */
export function sessionIdOf({ params }: RouteInput<unknown, unknown>): string {
  const id = params["session_id"];
  if (id === undefined) throw new Error("The route has no {session_id}");
  return id;
}
