import { reject } from "../decision.js";

/** What a shell accepts as the name of a variable. */
export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Variables that change which programs run or how a shell reads its input, by exact name: the search path, start-up files,
 * prompts and traces that are expanded, option lists that bash imports, plugins and pagers of common programs.
 */
const DANGEROUS_NAMES: ReadonlySet<string> = new Set([
  "PATH",
  "IFS",
  "ENV",
  "PS0",
  "PS1",
  "PS2",
  "PS3",
  "PS4",
  "PROMPT_COMMAND",
  "SHELLOPTS",
  "BASHOPTS",
  "EXECIGNORE",
  "POSIXLY_CORRECT",
  "GCONV_PATH",
  "GLIBC_TUNABLES",
  "AWKPATH",
  "AWKLIBPATH",
  "LESSOPEN",
  "LESSCLOSE",
  "PAGER",
  "MANPAGER",
  "EDITOR",
  "VISUAL",
  "TAR_OPTIONS",
  "RIPGREP_CONFIG_PATH",
  "PERL5OPT",
  "PERL5LIB",
  "PERL5DB",
  "RUBYOPT",
  "RUBYLIB",
  "NODE_OPTIONS",
  "NODE_PATH",
]);

/** Families of the same kind: the dynamic loader, bash's own tables and exported functions, git's hooks and commands. */
const DANGEROUS_PREFIXES = ["LD_", "DYLD_", "BASH_", "GIT_", "MALLOC_"] as const;

/**
 * Whether setting the variable can make an allowed command run something else. True for IFS too, which `read` may have as a
 * prefix all the same. Servers should refuse these names in the `env` of a request as well.
 */
export function isDangerousVariable(name: string): boolean {
  return DANGEROUS_NAMES.has(name) || DANGEROUS_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Refuses an assignment to a variable that {@link isDangerousVariable}, or to something that is not a plain name. */
export function checkVariable(name: string, fragment: string): void {
  if (isDangerousVariable(name)) {
    const hint = name === "IFS" ? " Set it for one read only: IFS=, read -r a b." : "";
    reject(
      "assignment-not-allowed",
      `The variable ${name} must not be set: it changes what the shell runs.${hint}`,
      fragment,
    );
  }
  if (!IDENTIFIER.test(name) && !/^[0-9@*#?$!-]+$/.test(name)) {
    reject("assignment-not-allowed", "The name of a variable must be written out.", fragment);
  }
}
