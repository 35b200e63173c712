import {
  parse,
  type ArithmeticExpression,
  type Assignment,
  type CommandArgument,
  type CommandNode,
  type CompoundList,
  type Function as FunctionNode,
  type ParsedScript,
  type Pipeline,
  type PipelineNode,
  type AndOr,
  type Redirection,
  type Statement,
  type Word,
} from "unbash";
import { reject } from "../decision.js";
import type { PolicySettings } from "../settings.js";
import { guardComplexity } from "../source-guard.js";
import { gatherFacts, type Facts } from "../tree/facts.js";
import { judgeArithmetic, judgeEvaluated } from "./arithmetic.js";
import { judgeAssignment } from "./assignments.js";
import { isNeverAllowed, judgeSimpleCommand, judgeWrapped } from "./simple-command.js";
import { FunctionScope } from "./function-scope.js";
import type { Evaluation, Judge } from "./judge.js";
import { checkEvaluatedData } from "./evaluated-data.js";
import { judgeRedirection } from "./redirections.js";
import { judgeTest } from "./test-expression.js";
import { checkVariable } from "./variables.js";
import { judgeWord, rejectUnknown } from "./words.js";

/** How often a command may hold another as text (`bash -c "bash -c …"`). Nobody needs more than one. */
const MAX_NESTED_COMMANDS = 4;

/**
 * Parses a command and judges all of it.
 * @throws Rejection when any part breaks a rule.
 */
export function judgeSource(source: string, settings: PolicySettings, level = 0): void {
  if (level > MAX_NESTED_COMMANDS) {
    reject("too-complex", "Commands are nested in commands too deeply.", source);
  }
  guardComplexity(source);
  const script = parse(source);
  const judge = new TreeJudge(settings, gatherFacts(script, source), level);
  judge.script(script);
  judge.finish();
}

/** Walks a tree in the order in which bash runs it, so that functions are known from where they are defined. */
class TreeJudge implements Judge {
  readonly functions = new FunctionScope();
  readonly #evaluations = new Set<Evaluation>();

  constructor(
    readonly settings: PolicySettings,
    readonly facts: Facts,
    readonly level: number,
  ) {}

  script(script: ParsedScript): void {
    for (const statement of script.commands) this.#statement(statement);
  }

  word(word: Word): void {
    judgeWord(word, this);
  }

  assignment(assignment: Assignment): void {
    judgeAssignment(assignment, this);
  }

  redirection(redirection: Redirection): void {
    judgeRedirection(redirection, this);
  }

  arithmetic(expression: ArithmeticExpression | undefined): void {
    if (expression !== undefined) judgeArithmetic(expression, this);
  }

  evaluated(word: Word): void {
    judgeEvaluated(word, this);
  }

  evaluatesValues(as: Evaluation): void {
    this.#evaluations.add(as);
  }

  wrapped(words: readonly CommandArgument[], how: { readonly appended: boolean }): void {
    judgeWrapped(words, how, this);
  }

  nested(source: string): void {
    judgeSource(source, this.settings, this.level + 1);
  }

  /** What can only be said when the whole command is known. */
  finish(): void {
    const missing = this.functions.unresolved();
    if (missing !== undefined) {
      reject(
        "command-not-allowed",
        `Command "${missing.name}" is not allowed, nor defined.`,
        missing.text,
      );
    }
    checkEvaluatedData(this.facts, this.#evaluations);
  }

  #statement(statement: Statement): void {
    if (statement.background === true) this.#isolated(() => this.#node(statement.command));
    else this.#node(statement.command);
  }

  #list(list: CompoundList): void {
    for (const statement of list.commands) this.#statement(statement);
  }

  /** For parts that may not run, or run in a process of their own. */
  #isolated(judge: () => void): void {
    this.functions.within(judge);
  }

  #node(node: PipelineNode | AndOr | Pipeline): void {
    switch (node.type) {
      case "AndOr":
        node.commands.forEach((command, at) => {
          if (at === 0) this.#node(command);
          else this.#isolated(() => this.#node(command));
        });
        return;
      case "Pipeline":
        for (const command of node.commands) this.#isolated(() => this.#command(command));
        return;
      default:
        this.#command(node);
    }
  }

  #command(node: CommandNode): void {
    switch (node.type) {
      case "Command":
        judgeSimpleCommand(node, this);
        return;
      case "BraceGroup":
        this.#list(node.body);
        return;
      case "Redirected":
        // A redirection that fails skips its command.
        node.redirects.forEach((redirect) => this.redirection(redirect));
        this.#isolated(() => this.#command(node.command));
        return;
      case "Function":
        this.#function(node);
        return;
      case "TestCommand":
        judgeTest(node.expression, this);
        return;
      case "ArithmeticCommand":
        if (node.expression === undefined && node.body.trim() !== "") {
          reject("syntax-error", "The arithmetic expression cannot be parsed.", `((${node.body}))`);
        }
        this.arithmetic(node.expression);
        return;
      case "Coproc":
        return reject(
          "unsupported-syntax",
          "coproc is not supported. Use a pipe, or & and wait.",
          "coproc",
        );
      default:
        this.#isolated(() => this.#branching(node));
    }
  }

  #branching(
    node: Exclude<
      CommandNode,
      {
        type:
          | "Command"
          | "BraceGroup"
          | "Redirected"
          | "Function"
          | "TestCommand"
          | "ArithmeticCommand"
          | "Coproc";
      }
    >,
  ): void {
    switch (node.type) {
      case "Subshell":
        this.#list(node.body);
        return;
      case "If":
        for (const branch of [node, ...node.elif]) {
          this.#list(branch.clause);
          this.#isolated(() => this.#list(branch.then));
        }
        if (node.else !== undefined) this.#list(node.else);
        return;
      case "For":
      case "Select":
        checkVariable(node.name.value, node.name.text);
        node.wordlist?.forEach((word) => this.word(word));
        this.#list(node.body);
        return;
      case "ArithmeticFor":
        this.arithmetic(node.initialize);
        this.arithmetic(node.test);
        this.arithmetic(node.update);
        this.#list(node.body);
        return;
      case "While":
        this.#list(node.clause);
        this.#list(node.body);
        return;
      case "Case":
        this.word(node.word);
        for (const item of node.items) {
          item.pattern.forEach((pattern) => this.word(pattern));
          this.#isolated(() => this.#list(item.body));
        }
        return;
      default:
        rejectUnknown(node);
    }
  }

  #function(node: FunctionNode): void {
    const name = node.name.text;
    if (node.name.parts !== undefined || /[\\'"$`]/.test(name)) {
      reject("function-not-allowed", "The name of a function must be written plainly.", name);
    }
    if (isNeverAllowed(name, this.settings)) {
      reject(
        "function-not-allowed",
        `A function must not take the name "${name}". Rename it.`,
        `${name}()`,
      );
    }
    const { body } = node;
    if (body.type === "CompoundList") {
      return reject("syntax-error", "A function needs a body in braces or parentheses.", name);
    }
    this.functions.define(name, () => this.#command(body));
  }
}
