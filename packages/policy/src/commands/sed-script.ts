import { PLACEHOLDER } from "../tree/word-text.js";
import { endOfDelimited, readBothWays, type Brackets, type ProgramFault } from "./delimited.js";

/** Commands without an argument. */
const ALONE = "=dDgGhHnNpPxzF";
/** Commands with an optional number. */
const NUMBERED = "qQlL";
/** Commands whose argument is the rest of the line: text, continued by a backslash. */
const TEXT = "aic";
/** Commands whose argument is a label or a version, which ends at white space or `;`. */
const LABELLED = ":btTv";
/** Commands whose argument is the name of a file to read. */
const READING = "rR";
/** Commands that write files or run commands. */
const REFUSED: Readonly<Record<string, string>> = {
  e: "the command e runs a command",
  w: "the command w writes a file: redirect the output instead",
  W: "the command W writes a file: redirect the output instead",
};

const NUMBER = new RegExp(`(?:[0-9]|${PLACEHOLDER})+`, "y");
const BLANKS = /[ \t]*/y;

/**
 * Looks in a sed script for what runs commands or writes files: the commands `e`, `w` and `W`, and the flags `e` and `w` of
 * `s`. {@link PLACEHOLDER} stands for an expanded value within a pattern, a replacement or a text; it may be an address only with
 * `addressValues`, for a letter there would be a command.
 */
export function judgeSedScript(
  script: string,
  allow: { readonly addressValues: boolean },
): ProgramFault | undefined {
  return readBothWays((brackets) => new SedReader(script, brackets, allow.addressValues).read());
}

class SedReader {
  #at = 0;

  constructor(
    readonly script: string,
    readonly brackets: Brackets,
    readonly addressValues: boolean,
  ) {}

  read(): ProgramFault | undefined {
    for (;;) {
      while (/[\s;}]/.test(this.#char())) this.#at++;
      if (this.#at >= this.script.length) return undefined;
      const fault = this.#addresses() ?? this.#command();
      if (fault !== undefined) return fault;
    }
  }

  #addresses(): ProgramFault | undefined {
    const first = this.#address();
    if (first !== undefined) return first;
    this.#skip(BLANKS);
    if (this.#char() === ",") {
      this.#at++;
      this.#skip(BLANKS);
      if (this.#char() === "+" || this.#char() === "~") this.#at++;
      const second = this.#address();
      if (second !== undefined) return second;
    }
    while (/[ \t!]/.test(this.#char())) this.#at++;
    return undefined;
  }

  #address(): ProgramFault | undefined {
    const char = this.#char();
    if (char === "$") this.#at++;
    else if (char === "/" || char === "\\") {
      if (char === "\\") this.#at++;
      if (!this.#section(this.#char(), this.#at + 1)) return unreadable("an address does not end");
      while (/[IM]/.test(this.#char())) this.#at++;
    } else {
      const start = this.#at;
      this.#skip(NUMBER);
      if (this.#char() === "~") {
        this.#at++;
        this.#skip(NUMBER);
      }
      if (!this.addressValues && this.script.slice(start, this.#at).includes(PLACEHOLDER)) {
        return { kind: "runs", why: "an address in it may be more than a number" };
      }
    }
    return undefined;
  }

  #command(): ProgramFault | undefined {
    const char = this.#char();
    const why = REFUSED[char];
    if (why !== undefined) return { kind: "runs", why };
    this.#at++;
    if (char === "{") return undefined;
    if (char === "#" || READING.includes(char)) this.#skip(/[^\n]*/y);
    else if (TEXT.includes(char)) this.#skip(/(?:[^\\\n]|\\[^])*/y);
    else if (LABELLED.includes(char)) this.#skip(/[ \t]*[^\s;}]*/y);
    else if (char === "s" || char === "y") return this.#substitution(char);
    else if (NUMBERED.includes(char)) this.#skip(/[ \t]*\d*/y);
    else if (!ALONE.includes(char)) return unreadable(`"${char}" is not a command`);
    return this.#end();
  }

  #substitution(command: string): ProgramFault | undefined {
    const delimiter = this.#char();
    if (delimiter === "" || delimiter === "\\" || delimiter === "\n" || delimiter === PLACEHOLDER) {
      return unreadable(`${command} has no delimiter`);
    }
    if (!this.#section(delimiter, this.#at + 1) || !this.#section(delimiter, this.#at, "ignore")) {
      return unreadable(`${command} does not end`);
    }
    if (command === "s") {
      this.#skip(/[gpiImM0-9]*/y);
      if (this.#char() === "e") return { kind: "runs", why: "the flag e runs a command" };
      if (this.#char() === "w") {
        return { kind: "runs", why: "the flag w writes a file: redirect the output instead" };
      }
    }
    return this.#end();
  }

  /** Moves behind the delimiter that ends the section starting at `start`; false when none does. */
  #section(delimiter: string, start: number, brackets = this.brackets): boolean {
    if (delimiter === "") return false;
    const end = endOfDelimited(this.script, start, delimiter, { brackets, newlines: true });
    this.#at = end + 1;
    return end >= 0;
  }

  #end(): ProgramFault | undefined {
    this.#skip(BLANKS);
    const char = this.#char();
    return char === "" || /[\n;}#]/.test(char)
      ? undefined
      : unreadable(`"${char}" is not expected`);
  }

  #char(): string {
    return this.script[this.#at] ?? "";
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.script)?.[0].length ?? 0;
  }
}

function unreadable(why: string): ProgramFault {
  return { kind: "unreadable", why };
}
