import {
  forEachChild,
  type CommandArgument,
  type HereDocBody,
  type ParsedScript,
  type SyntaxNode,
  type Word,
} from "unbash";
import { reject } from "../decision.js";
import { invisibleCharacters } from "../source-guard.js";
import { wordText } from "./word-text.js";

/**
 * Deepest tree, in nodes. One `$(…)` costs about six; the guard on the text bounds nesting, this bounds the walk's stack, also
 * for what nests without brackets (`1+1+1…`).
 */
const MAX_TREE_DEPTH = 400;

/** Most words that are followed from variable to variable in one command: about 5 ms. Scripts of agents need some dozens. */
const MAX_FLOW_WORDS = 10_000;

/** What one pass over the whole tree gathers, before anything is judged. */
export interface Facts {
  /** Words that may become the value of a variable, by its name: assignments, `for` lists, `${x:=word}`. */
  readonly values: ReadonlyMap<string, readonly Word[]>;
  /** Words that may become positional parameters: arguments of `set` and of functions. */
  readonly positional: readonly Word[];
  /** Names of the functions that any part of the command defines. */
  readonly functions: ReadonlySet<string>;
  /** Every text of the command that is data: words after quote removal, here-documents. */
  readonly texts: () => readonly string[];
  /** How many more words may be followed from variable to variable before the command counts as too complex. */
  readonly flowBudget: { left: number };
}

/**
 * Walks the tree once, iteratively, and gathers {@link Facts}.
 * @throws Rejection when the parser reported an error in it or in a script nested in it, when it is too deep, and for
 * invisible characters outside quotes.
 */
export function gatherFacts(script: ParsedScript, source: string): Facts {
  const gathering = new Gathering(source);
  gathering.walk(script);
  return gathering.facts();
}

/** Whether `#` comes next, lines that continue taken together. */
function followedByHash(source: string, end: number): boolean {
  let at = end;
  while (source.startsWith("\\\n", at)) at += 2;
  return source[at] === "#";
}

interface Range {
  readonly pos: number;
  readonly end: number;
}

class Gathering {
  readonly #values = new Map<string, Word[]>();
  readonly #data: (Word | HereDocBody)[] = [];
  readonly #functions = new Set<string>();
  readonly #calls: { name: string; args: readonly CommandArgument[] }[] = [];
  readonly #invisible: readonly number[];
  readonly #quoted: Range[] = [];

  constructor(readonly source: string) {
    this.#invisible = invisibleCharacters(source);
  }

  walk(root: ParsedScript): void {
    const pending: [node: SyntaxNode, depth: number, source: string][] = [[root, 0, this.source]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [node, depth, outer] = next;
      // Offsets below a decoded backtick script index a text of its own and say nothing about the source.
      const source = (node.type === "Script" ? node.source : undefined) ?? outer;
      if (depth > MAX_TREE_DEPTH) {
        reject(
          "too-complex",
          "The command is nested too deeply. Split it into several commands.",
          this.source,
        );
      }
      this.#note(node);
      // Bash goes on with the word, the parser starts a comment.
      if (node.type === "ProcessSubstitution" && followedByHash(source, node.end)) {
        reject(
          "unsupported-syntax",
          "Put a space between a process substitution and #.",
          node.text,
        );
      }
      if (this.#invisible.length > 0 && source === this.source) this.#noteQuotes(node);
      forEachChild(node, (child) => pending.push([child, depth + 1, source]));
    }
    this.#checkInvisible();
  }

  facts(): Facts {
    const positional = this.#calls
      .filter(({ name }) => name === "set" || this.#functions.has(name))
      .flatMap(({ args }) => args.filter((arg) => arg.type === "Word"));
    return {
      values: this.#values,
      positional,
      functions: this.#functions,
      texts: () => this.#data.map((node) => wordText(node).text),
      flowBudget: { left: MAX_FLOW_WORDS },
    };
  }

  #note(node: SyntaxNode): void {
    switch (node.type) {
      case "Script":
        this.#checkErrors(node);
        if (node.source !== undefined && invisibleCharacters(node.source).length > 0) {
          this.#rejectInvisible(0);
        }
        return;
      case "Function":
        this.#functions.add(node.name.value);
        return;
      case "Command":
        if (node.name !== undefined) {
          this.#calls.push({ name: node.name.value, args: node.args });
        }
        return;
      case "Word":
        this.#data.push(node);
        return;
      case "HereDocBody":
        this.#data.push(node);
        return;
      case "Assignment":
        if (node.value.type === "Word") this.#addValues(node.name, [node.value]);
        else this.#addValues(node.name, node.value.elements);
        return;
      case "For":
      case "Select":
        this.#addValues(node.name.value, node.wordlist ?? []);
        return;
      case "ParameterExpansion":
        if (node.operation?.type === "Default") {
          this.#addValues(node.parameter, [node.operation.operand]);
        }
        return;
      default:
    }
  }

  #addValues(name: string, words: readonly Word[]): void {
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, [...words]);
    else known.push(...words);
  }

  #checkErrors(script: ParsedScript): void {
    const error = script.errors?.[0];
    if (error === undefined) return;
    const where = script.source ?? this.source;
    reject(
      "syntax-error",
      `The command is not valid bash: ${error.message}. Check quotes, brackets and here-document ends.`,
      where.slice(Math.max(0, error.pos - 20), error.pos + 80) || where,
    );
  }

  /** Quoted text, without the expansions in it: a substitution inside double quotes is code again. */
  #noteQuotes(node: SyntaxNode): void {
    if (node.type === "SingleQuoted" || node.type === "AnsiCQuoted") this.#quoted.push(node);
    else if (node.type === "HereDocBody" && node.parts === undefined) this.#quoted.push(node);
    else if (node.type === "DoubleQuoted" || node.type === "HereDocBody") {
      for (const part of node.parts ?? []) if (part.type === "Literal") this.#quoted.push(part);
    }
  }

  #checkInvisible(): void {
    const ranges = this.#quoted.sort((a, b) => a.pos - b.pos);
    let next = 0;
    let quotedUntil = 0;
    for (const at of this.#invisible) {
      for (
        let range = ranges[next];
        range !== undefined && range.pos <= at;
        range = ranges[++next]
      ) {
        quotedUntil = Math.max(quotedUntil, range.end);
      }
      if (at >= quotedUntil) this.#rejectInvisible(at);
    }
  }

  #rejectInvisible(at: number): never {
    const code = this.source.codePointAt(at)?.toString(16).toUpperCase().padStart(4, "0") ?? "";
    const hint =
      code === "000D" ? "End lines with LF alone." : "Type it as a plain space, or quote it.";
    return reject(
      "control-character",
      `The command holds the invisible character U+${code} outside quotes. ${hint}`,
      this.source.slice(Math.max(0, at - 20), at + 20),
    );
  }
}
