import { PLACEHOLDER } from "../tree/word-text.js";
import { endOfDelimited, readBothWays, type Brackets, type ProgramFault } from "./delimited.js";

/** Words after which an operand comes, so that `/` starts a regular expression. */
const BEFORE_OPERAND: ReadonlySet<string> = new Set(
  "print printf return in else do exit delete case if while for switch BEGIN END".split(" "),
);

/** Words whose parentheses hold a condition: after them a statement comes. */
const CONDITIONS: ReadonlySet<string> = new Set(["if", "while", "for", "switch"]);

const IDENTIFIER = new RegExp(`[A-Za-z_${PLACEHOLDER}][A-Za-z0-9_${PLACEHOLDER}]*`, "y");
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;

/** `system(` wherever it stands, also in strings: cheap, and independent of whether the tokens below are cut right. */
const SYSTEM_CALL = /(?<![A-Za-z0-9_])system[\s\\]*\(/;

/**
 * Looks in an awk program for what runs commands: `system`, pipes to and from commands, indirect calls and loaded extensions
 * (`@`). {@link PLACEHOLDER} in the program stands for an expanded value. Writing to files is left to the file limits.
 */
export function judgeAwkProgram(program: string): ProgramFault | undefined {
  if (SYSTEM_CALL.test(program)) return runs("system() runs a command");
  return readBothWays((brackets) => new AwkReader(program, brackets).read());
}

class AwkReader {
  #at = 0;
  /** The last token can end an expression: then `/` divides, and `++` belongs to it. */
  #operand = false;
  /** The last word, for the parenthesis that may follow it. */
  #word = "";
  /** For each open parenthesis: it holds the condition of a statement. */
  readonly #conditions: boolean[] = [];

  constructor(
    readonly program: string,
    readonly brackets: Brackets,
  ) {}

  read(): ProgramFault | undefined {
    while (this.#at < this.program.length) {
      const fault = this.#token(this.program.charAt(this.#at));
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #token(char: string): ProgramFault | undefined {
    const { program } = this;
    if (/\s/.test(char) || (char === "\\" && program[this.#at + 1] === "\n")) {
      if (char === "\n") this.#operand = false;
      this.#at += char === "\\" ? 2 : 1;
      return undefined;
    }
    if (char === "#") {
      const end = program.indexOf("\n", this.#at);
      this.#at = end < 0 ? program.length : end;
      return undefined;
    }
    if (char === '"') return this.#delimited('"', "ignore", "a string");
    if (char === "/" && !this.#operand)
      return this.#delimited("/", this.brackets, "a regular expression");
    const word = this.#match(IDENTIFIER);
    if (word !== undefined) return this.#identifier(word);
    if (this.#match(NUMBER) !== undefined) {
      this.#operand = true;
      return undefined;
    }
    return this.#operator(char);
  }

  #operator(char: string): ProgramFault | undefined {
    const pair = this.program.slice(this.#at, this.#at + 2);
    if (char === "@") return runs("@ calls functions by a computed name, or loads extensions");
    if (char === "|" && pair !== "||") {
      return runs("| runs a command: pipe the output of awk in the shell instead");
    }
    if (pair === "++" || pair === "--" || pair === "||") {
      this.#at += 2;
      if (pair === "||") this.#operand = false;
      return undefined;
    }
    if (char === "(") this.#conditions.push(CONDITIONS.has(this.#word));
    this.#operand = char === "]" || (char === ")" && this.#conditions.pop() !== true);
    this.#word = "";
    this.#at++;
    return undefined;
  }

  #identifier(word: string): ProgramFault | undefined {
    const next = /^[\s\\]*(.)/.exec(this.program.slice(this.#at))?.[1];
    if (word === "system") return runs("system() runs a command");
    if (word.includes(PLACEHOLDER) && next === "(")
      return runs("a computed name must not be called");
    if ((word === "getline" || word === "case") && next === "/") {
      return runs(`/ after ${word} can be read in two ways: use parentheses`);
    }
    this.#word = word;
    this.#operand = !BEFORE_OPERAND.has(word);
    return undefined;
  }

  #delimited(delimiter: string, brackets: Brackets, what: string): ProgramFault | undefined {
    const end = endOfDelimited(this.program, this.#at + 1, delimiter, {
      brackets,
      newlines: false,
    });
    if (end < 0) return { kind: "unreadable", why: `${what} in it does not end` };
    this.#at = end + 1;
    this.#operand = true;
    return undefined;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.program)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

function runs(why: string): ProgramFault {
  return { kind: "runs", why };
}
