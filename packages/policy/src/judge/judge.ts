import type {
  ArithmeticExpression,
  Assignment,
  CommandArgument,
  ParsedScript,
  Redirection,
  Word,
} from "unbash";
import type { PolicySettings } from "../settings.js";
import type { Facts } from "../tree/facts.js";
import type { FunctionScope } from "./function-scope.js";

/** A command about to run: its name is known, its arguments are as written. */
export interface CommandCall {
  /** The name without a directory. */
  readonly name: string;
  readonly args: readonly CommandArgument[];
  /** The command as a decision quotes it. */
  readonly text: string;
  /** A wrapper runs it, so that builtins and functions do not exist for it. */
  readonly external: boolean;
  /** Its wrapper appends arguments that nobody sees here, as xargs does. */
  readonly appended: boolean;
}

/** How the shell evaluates the value of a variable a second time. */
export type Evaluation = "arithmetic" | "array";

/**
 * What the judges of one command share. Each method returns when its part is fine and throws a Rejection when not. The parts
 * call each other through this interface, for a word holds a script and a script holds words.
 */
export interface Judge {
  readonly settings: PolicySettings;
  readonly facts: Facts;
  readonly functions: FunctionScope;
  script(script: ParsedScript): void;
  word(word: Word): void;
  assignment(assignment: Assignment): void;
  redirection(redirection: Redirection): void;
  arithmetic(expression: ArithmeticExpression | undefined): void;
  /** Judges a word whose value the shell evaluates as an arithmetic expression or a subscript. */
  evaluated(word: Word): void;
  /**
   * Notes that values of variables are evaluated here: as `arithmetic`, where a value such as `a[$(cmd)]` runs cmd, or as the
   * elements of an `array`, where `($(cmd))` does. Data of that form is then refused anywhere in the command.
   */
  evaluatesValues(as: Evaluation): void;
  /** Judges `words` as a command that a wrapper runs: the first is its name. */
  wrapped(words: readonly CommandArgument[], how: { readonly appended: boolean }): void;
  /** Judges a whole command given as text, such as the operand of `bash -c`. */
  nested(source: string): void;
}

/** Judge of one command by its arguments, whose words have been judged already. */
export type CommandJudge = (call: CommandCall, judge: Judge) => void;
