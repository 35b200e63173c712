/** The same object, and the names of the methods that were called on it, in order. */
export function recordCalls<T extends object>(target: T): { object: T; calls: string[] } {
  const calls: string[] = [];
  const object = new Proxy(target, {
    get(_target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
  return { object, calls };
}
