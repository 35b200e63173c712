import type { Dispatcher } from "undici";

/** What is noted of a request on its way. */
export interface Sending {
  /** Whether its first byte has been handed to a connection: before that it cannot have run. */
  started: boolean;
}

/** An interceptor that notes the start of requests whose `opaque` is a {@link Sending}. */
export const noteStart: Dispatcher.DispatcherComposeInterceptor =
  (dispatch) => (options, handler) => {
    const { opaque: sending } = options as Dispatcher.RequestOptions<Sending>;
    return dispatch(
      options,
      new Proxy(handler, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== "function") return member;
          // The library calls one of the two, by the age of the handler, once it has a connection.
          const starts = name === "onConnect" || name === "onRequestStart";
          return (...args: readonly unknown[]) => {
            if (starts && sending) sending.started = true;
            return Reflect.apply(member, target, args) as unknown;
          };
        },
      }),
    );
  };
