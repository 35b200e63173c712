/** Whether a delimiter between `[` and `]` ends a regular expression: programs differ, so that programs are read both ways. */
export type Brackets = "protect" | "ignore";

/**
 * The offset of the `delimiter` that ends the text starting at `start`, or -1. A backslash protects the next character; with
 * `protect`, so does a bracket expression.
 */
export function endOfDelimited(
  text: string,
  start: number,
  delimiter: string,
  options: { readonly brackets: Brackets; readonly newlines: boolean },
): number {
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === delimiter) return i;
    if (char === "\\") i++;
    else if (char === "\n" && !options.newlines) return -1;
    else if (char === "[" && options.brackets === "protect") {
      const end = endOfBracket(text, i);
      if (end > 0) i = end;
    }
  }
  return -1;
}

/** The offset of the `]` that ends the bracket expression at `start`, or -1: `]` is literal when first, and in `[:class:]`. */
function endOfBracket(text: string, start: number): number {
  let i = start + 1;
  if (text[i] === "^") i++;
  if (text[i] === "]") i++;
  for (; i < text.length && text[i] !== "\n"; i++) {
    if (text[i] === "]") return i;
    const kind = text[i + 1];
    if (text[i] === "[" && (kind === ":" || kind === "." || kind === "=")) {
      const end = text.indexOf(`${kind}]`, i + 2);
      if (end > 0) i = end + 1;
    }
  }
  return -1;
}

/**
 * What reading a program found. `runs`: it runs a command, or might under one reading; `unreadable`: this code cannot follow
 * it. Undefined stands for a program that only reads, computes and prints.
 */
export interface ProgramFault {
  readonly kind: "runs" | "unreadable";
  readonly why: string;
}

/**
 * Reads a program under both readings of brackets. A fault of the kind `runs` counts under either; `unreadable` only under the
 * usual one, because a program that is cut elsewhere under the other is a syntax error there, and runs nothing.
 */
export function readBothWays(
  read: (brackets: Brackets) => ProgramFault | undefined,
): ProgramFault | undefined {
  const usual = read("protect");
  if (usual !== undefined) return usual;
  const other = read("ignore");
  return other?.kind === "runs" ? other : undefined;
}
