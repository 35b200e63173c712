import { reject } from "./decision.js";

/**
 * Deepest nesting of brackets in the text, whatever quotes say. People and agents stay below 20; each level of `$(` makes the
 * parser read the rest of the text once more.
 */
const MAX_BRACKET_DEPTH = 100;

/**
 * Most text that expansions may cover, counted once for each level, in UTF-16 code units. It bounds the parser's work, which
 * is the length of each expansion times its depth: one expansion over the longest command, or sixteen nested over 4 KiB.
 */
const MAX_EXPANSION_TEXT = 131_072;

/** Most expansions (`$(`, `${`, `<(`, backticks): about 10 µs of judging each. A generated table of printf lines has some hundreds. */
const MAX_EXPANSIONS = 1_024;

/** Most `<<` in the text: the parser's work for here-documents that start on one line is quadratic. C++ streams in a here-document count too. */
const MAX_HERE_DOCUMENTS = 1_024;

/** Most of `|`, `&` and `;` in the text: each may start a command, about 1 µs of parsing. A quarter of the longest command. */
const MAX_OPERATORS = 16_384;

/**
 * Characters that a reader cannot see, or that make text look like other text: C0 and C1 controls except tab and newline,
 * no-break and exotic spaces, zero-width characters, direction marks and overrides, fillers, tags. Harmless inside quotes,
 * where they are data.
 */
const INVISIBLE = new RegExp(
  [
    "[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u00A0\\u00AD\\u061C\\u115F\\u1160\\u1680\\u180E",
    "\\u2000-\\u200F\\u2028-\\u202F\\u205F-\\u206F\\u2800\\u3000\\u3164\\uFEFF\\uFFA0\\uFFF9-\\uFFFB\\u{E0000}-\\u{E007F}]",
    // Combining characters of no width, apart because they would combine with their neighbours in the class.
    "|\\u034F|\\u17B4|\\u17B5|\\u180B|\\u180C|\\u180D|\\u180F",
  ].join(""),
  "gu",
);

/** Half of a surrogate pair alone: cannot be encoded, so what runs would differ from what was judged. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Refuses what no mode lets pass: more than `maxBytes` of UTF-8, a NUL, text that cannot be encoded. */
export function guardText(source: string, maxBytes: number): void {
  // A code unit is at least one byte: the cheap test first, so that a huge string is not encoded.
  if (source.length > maxBytes || new TextEncoder().encode(source).length > maxBytes) {
    reject(
      "too-long",
      `The command is longer than ${String(maxBytes)} bytes. Upload long data as a file and work on the file.`,
      source,
    );
  }
  if (source.includes("\0")) {
    reject("control-character", "The command holds a NUL byte.", source);
  }
  if (LONE_SURROGATE.test(source)) {
    reject("control-character", "The command is not valid Unicode.", source);
  }
}

/**
 * Refuses text that would cost the parser more than linear time: a scan of one pass that knows nothing of quoting and counts
 * brackets, expansions and operators wherever they stand.
 */
export function guardComplexity(source: string): void {
  const open: number[] = [];
  let expansions = 0;
  let expansionText = 0;
  let hereDocuments = 0;
  let operators = 0;
  let backticks = 0;
  for (let i = 0; i < source.length; i++) {
    switch (source.charCodeAt(i)) {
      case 0x28: // (
      case 0x7b: {
        const before = i === 0 ? "" : (source[i - 1] ?? "");
        const expands = before === "$" || before === "<" || before === ">";
        if (expands) expansions++;
        open.push(expands ? i : -1);
        break;
      }
      case 0x5b: // [
        if (source[i - 1] === "$") expansions++;
        break;
      case 0x29: // )
      case 0x7d: {
        const start = open.pop();
        if (start !== undefined && start >= 0) expansionText += i - start;
        break;
      }
      case 0x60: // `
        backticks++;
        break;
      case 0x3c: // <
        if (source[i + 1] === "<") hereDocuments++;
        break;
      case 0x7c: // |
      case 0x26: // &
      case 0x3b: // ;
        operators++;
        break;
      default:
    }
    if (open.length > MAX_BRACKET_DEPTH) tooComplex("Brackets are nested too deeply", source);
  }
  for (const start of open) if (start >= 0) expansionText += source.length - start;
  if (expansionText > MAX_EXPANSION_TEXT) tooComplex("Expansions are nested too deeply", source);
  if (expansions + backticks / 2 > MAX_EXPANSIONS)
    tooComplex("It holds too many expansions", source);
  if (hereDocuments > MAX_HERE_DOCUMENTS) tooComplex("It holds too many here-documents", source);
  if (operators > MAX_OPERATORS) tooComplex("It holds too many commands", source);
}

function tooComplex(what: string, source: string): never {
  return reject(
    "too-complex",
    `${what}. Split the work into several commands, or write a python3 script.`,
    source,
  );
}

/** Where invisible characters stand in `source`: offsets in UTF-16 code units, ascending. */
export function invisibleCharacters(source: string): readonly number[] {
  return Array.from(source.matchAll(INVISIBLE), (match) => match.index);
}
