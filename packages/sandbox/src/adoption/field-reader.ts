/** A state file does not say what it should. */
export class StateMalformed extends Error {
  override readonly name = "StateMalformed";
}

/** Takes the fields of a JSON object one by one; each must be there and be what is asked for, and none may be left over. */
export class FieldReader {
  readonly #fields: Map<string, unknown>;

  private constructor(object: object) {
    this.#fields = new Map(Object.entries(object));
  }

  /** @throws StateMalformed when it is not the JSON of an object. */
  static parse(text: string): FieldReader {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new StateMalformed("it is not JSON", { cause });
    }
    return FieldReader.#of("it", value);
  }

  static #of(what: string, value: unknown): FieldReader {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new StateMalformed(`${what} is not an object`);
    }
    return new FieldReader(value);
  }

  /** The field as it is, undefined when it is missing. */
  take(name: string): unknown {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    return value;
  }

  text(name: string, form: RegExp): string {
    const value = this.take(name);
    if (typeof value !== "string" || !form.test(value)) {
      throw new StateMalformed(`${name} has another form`);
    }
    return value;
  }

  /** A finite number, 0 or more unless `min` says otherwise. */
  number(name: string, { min = 0, whole = false } = {}): number {
    const value = this.take(name);
    const fits = typeof value === "number" && Number.isFinite(value) && value >= min;
    if (!fits || (whole && !Number.isSafeInteger(value))) {
      throw new StateMalformed(`${name} is not a number that it may be`);
    }
    return value;
  }

  object(name: string): FieldReader {
    return FieldReader.#of(name, this.take(name));
  }

  /** Nothing may be left. */
  end(): void {
    const [name] = this.#fields.keys();
    if (name !== undefined) throw new StateMalformed(`there is a field ${JSON.stringify(name)}`);
  }
}
