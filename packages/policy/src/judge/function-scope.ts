/** A function of the command being judged. */
interface KnownFunction {
  /** Names that its body calls and that were neither allowed nor defined where the body stands. */
  readonly needs: ReadonlyMap<string, string>;
}

/**
 * Which functions certainly exist at a place of the command. A definition counts from where it stands to the end of its list;
 * one inside a subshell, a pipeline, a branch or a loop counts only there, because outside of it may not have happened, and
 * then the name would be looked up on the PATH.
 */
export class FunctionScope {
  #known = new Map<string, KnownFunction>();
  /** Names needed by the function bodies being judged, innermost last, with the text that calls each. */
  readonly #bodies: Map<string, string>[] = [];

  /** Runs `judge` for a part whose definitions do not last beyond it. */
  within(judge: () => void): void {
    const outer = this.#known;
    this.#known = new Map(outer);
    judge();
    this.#known = outer;
  }

  /** Judges a function's body by `judge`, then defines the function. */
  define(name: string, judge: () => void): void {
    const needs = new Map<string, string>();
    this.#bodies.push(needs);
    this.within(() => {
      this.#known.set(name, { needs: new Map() });
      judge();
    });
    this.#bodies.pop();
    this.#known.set(name, { needs });
  }

  /**
   * Whether a call of `name` is fine here: undefined when it is, else the name (with the text that calls it) that is missing.
   * Inside a function body a missing name is remembered instead: it must exist when the function is called.
   */
  missingFor(name: string, text: string): { name: string; text: string } | undefined {
    const missing = this.#missing(name, text);
    if (missing.size === 0) return undefined;
    const body = this.#bodies.at(-1);
    if (body !== undefined) {
      for (const [needed, by] of missing) body.set(needed, by);
      return undefined;
    }
    const [first] = missing;
    return first === undefined ? undefined : { name: first[0], text: first[1] };
  }

  /** At the end of the command: a name that a function needs and that nothing defines, though the function may never be called. */
  unresolved(): { name: string; text: string } | undefined {
    for (const name of [...this.#known.keys()]) {
      const missing = this.missingFor(name, name);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  #missing(name: string, text: string): Map<string, string> {
    const missing = new Map<string, string>();
    const seen = new Set<string>();
    const pending: [string, string][] = [[name, text]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [wanted, by] = next;
      if (seen.has(wanted)) continue;
      seen.add(wanted);
      const known = this.#known.get(wanted);
      if (known === undefined) missing.set(wanted, by);
      else pending.push(...known.needs);
    }
    return missing;
  }
}
