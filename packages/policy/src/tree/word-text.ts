import type { ArithmeticWord, HereDocBody, Word, WordPart } from "unbash";

/** Stands for an expansion in a {@link WordText}: a private-use character that no command may hold unquoted to any effect. */
export const PLACEHOLDER = "\uE000";

/** What can be said of a word before it is expanded. */
export interface WordText {
  /** The word after quote removal, with {@link PLACEHOLDER} for each expansion. */
  readonly text: string;
  /** The expansions, in order: variables, substitutions, arithmetic. */
  readonly expansions: readonly WordPart[];
  /** An expansion stands outside double quotes: its value is split into words and matched against file names. */
  readonly splits: boolean;
  /** File name patterns, brace expansion, or an escape this code does not decode: `text` is not all that the word can become. */
  readonly inexact: boolean;
}

/** Escapes of `$'…'` that bash and the parser are known to decode alike. Others (`\x`, `\u`, octal, `\c`) make a word inexact. */
const PLAIN_ANSI_C = /^\$'(?:[^\\]|\\[abefnrtv\\'"?])*'$/s;

/** Reads a word without running anything. */
export function wordText(word: Word | ArithmeticWord | HereDocBody): WordText {
  if (word.parts === undefined) {
    const text = word.type === "HereDocBody" ? word.text : word.value;
    return { text, expansions: [], splits: false, inexact: false };
  }
  const reader = new PartReader();
  reader.readAll(word.parts, false);
  return reader;
}

/** The word after quote removal, when that is all there is to it; undefined when anything in it is expanded or matched. */
export function literalText(word: Word): string | undefined {
  const { text, expansions, inexact } = wordText(word);
  return expansions.length === 0 && !inexact ? text : undefined;
}

/** Whether the word may be no word at all once expanded: an unquoted expansion of nothing, or a pattern that matches nothing. */
export function mayVanish(word: Word): boolean {
  const { text, splits } = wordText(word);
  const pattern = (word.parts ?? []).some((part) => part.type === "Glob");
  return pattern || (splits && withoutPlaceholders(text) === "");
}

/** The text as it is when every expansion is empty. */
export function withoutPlaceholders(text: string): string {
  return text.replaceAll(PLACEHOLDER, "");
}

class PartReader implements WordText {
  text = "";
  expansions: WordPart[] = [];
  splits = false;
  inexact = false;

  readAll(parts: readonly WordPart[], quoted: boolean): void {
    for (const part of parts) this.#read(part, quoted);
  }

  #read(part: WordPart, quoted: boolean): void {
    switch (part.type) {
      case "Literal":
      case "SingleQuoted":
        this.text += part.value;
        return;
      case "AnsiCQuoted":
        this.text += part.value;
        if (!PLAIN_ANSI_C.test(part.text)) this.inexact = true;
        return;
      case "DoubleQuoted":
        this.readAll(part.parts, true);
        return;
      case "LocaleString":
        this.readAll(part.parts, true);
        this.inexact = true;
        return;
      case "Glob":
      case "BraceExpansion":
      case "ExtendedGlob":
        this.text += part.text;
        this.inexact = true;
        return;
      default:
        this.text += PLACEHOLDER;
        this.expansions.push(part);
        if (!quoted || isManyWords(part.text)) this.splits = true;
    }
  }
}

/** `"$@"` and `"${a[@]}"` become several words even in double quotes. */
function isManyWords(text: string): boolean {
  return text.includes("@");
}
