import { forEachChild, type HereDocBody, type SyntaxNode, type Word, type WordPart } from "unbash";
import { reject } from "../decision.js";
import type { Facts } from "./facts.js";
import { PLACEHOLDER, withoutPlaceholders, wordText } from "./word-text.js";

/**
 * The texts written in this command that may flow into a word's expansions: through variables, positional parameters and the
 * output of substitutions. What comes from files, from the environment or from earlier commands is not known and not in it.
 */
export function textsFlowingInto(word: Word, facts: Facts): readonly string[] {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  const pending: WordPart[] = [...wordText(word).expansions];
  const addWord = (from: Word | HereDocBody): void => {
    if (seen.has(from)) return;
    seen.add(from);
    if (--facts.flowBudget.left < 0) {
      reject(
        "too-complex",
        "The command passes values through too many variables. Split it into several commands.",
        word.text,
      );
    }
    const read = wordText(from);
    texts.push(read.text);
    pending.push(...read.expansions);
  };
  const addVariable = (written: string): void => {
    // A line may continue within a name.
    const name = written.replaceAll("\\\n", "");
    if (seen.has(name)) return;
    seen.add(name);
    for (const value of facts.values.get(name) ?? []) addWord(value);
    if (/^(?:\d+|[@*])$/.test(name)) facts.positional.forEach(addWord);
  };
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part.type === "SimpleExpansion") addVariable(part.text.slice(1));
    else if (part.type === "ParameterExpansion") {
      addVariable(part.parameter);
      forEachChild(part, (child) => eachWord(child, addWord));
    } else if (part.type !== "ArithmeticExpansion") {
      forEachChild(part, (child) => eachWord(child, addWord));
    }
  }
  return texts;
}

/** Commands that print parts of what they read and nothing of their arguments. */
const READERS: ReadonlySet<string> = new Set(
  "bc cat comm cut grep head id nproc sort stat tail uniq wc whoami".split(" "),
);

/** Calls `visit` with every word and here-document at or below `node` whose text may come out of it. */
function eachWord(node: SyntaxNode, visit: (word: Word | HereDocBody) => void): void {
  const pending: SyntaxNode[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.type === "Word" || next.type === "HereDocBody") visit(next);
    if (next.type === "Command" && READERS.has(next.name?.value ?? ""))
      pending.push(...next.redirects.filter((redirect) => redirect.type !== "Redirect"));
    else forEachChild(next, (child) => pending.push(child));
  }
}

/**
 * Whether a word may become an option (a word that starts with `-`) where its program would read one. Certain for literal
 * text; for expansions it goes by the texts that flow into them, any of which may also be empty.
 */
export function mayBeOption(word: Word, facts: Facts): boolean {
  const read = wordText(word);
  if (withoutPlaceholders(read.text).startsWith("-")) return true;
  if (word.parts?.[0]?.type === "BraceExpansion") return true;
  if (read.text !== "" && !read.text.startsWith(PLACEHOLDER) && !read.splits) return false;
  if (read.expansions.length === 0) return false;
  const leading = read.text.startsWith(PLACEHOLDER);
  return textsFlowingInto(word, facts).some((text) => {
    const bare = withoutPlaceholders(text);
    return (leading && bare.startsWith("-")) || (read.splits && /(?:^|\s)-/.test(bare));
  });
}
