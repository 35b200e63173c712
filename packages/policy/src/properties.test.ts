import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createCommandPolicy } from "./command-policy.js";
import { readCorpus, WIDE_SETTINGS } from "./testing/corpus.js";

const policy = createCommandPolicy(WIDE_SETTINGS);
const { forbiddenCommands } = WIDE_SETTINGS;

/** One character of a name, written in one of the ways that bash reads alike. */
const spelling = (char: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    char,
    `\\${char}`,
    `'${char}'`,
    `"${char}"`,
    `\\\n${char}`,
    `""${char}`,
    `$'${char}'`,
  );

/** A forbidden name, quoted and escaped at random, alone or under a directory. */
const forbiddenName = fc
  .tuple(
    fc.constantFrom(...forbiddenCommands),
    fc.constantFrom("", "", "/bin/", "/usr/bin/", "./", "../"),
  )
  .chain(([name, directory]) =>
    fc.tuple(...Array.from(name, spelling)).map((chars) => directory + chars.join("")),
  );

/** Places where a command can stand; `@` marks it. */
const PLACES: readonly string[] = [
  "@",
  "ls; @",
  "ls\n@",
  "ls | @",
  "true && @",
  "! @",
  "( @ )",
  "{ @; }",
  "if @; then :; fi",
  "if true; then @; fi",
  "while @; do :; done",
  "for f in *; do @; done",
  "case x in x) @;; esac",
  "f() { @; }; f",
  "echo $( @ )",
  'echo "a $( @ ) b"',
  "x=$( @ )",
  "a=($( @ ))",
  "cat <( @ )",
  "cat <<< $( @ )",
  "cat <<E\n$( @ )\nE\n",
  "echo ${x:-$( @ )}",
  'echo "${x#$( @ )}"',
  "echo $((1 + $( @ )))",
  "echo ${a[$( @ )]}",
  "[[ -n $( @ ) ]]",
  "[[ a =~ $( @ ) ]]",
  "ls > $( @ )",
  "A=1 @",
  ">f @",
  "time @",
  "timeout 5 @",
  "env A=1 @",
  "xargs -n 1 @",
  "@ &",
];

const nestedPlace = fc
  .array(fc.constantFrom(...PLACES), { minLength: 1, maxLength: 3 })
  .map((places) => places.reduce((inner, place) => inner.replace("@", () => place), "@"));

describe("properties of the policy", () => {
  it("never allows a forbidden name, however it is written and wherever it stands", () => {
    fc.assert(
      fc.property(forbiddenName, nestedPlace, (name, place) => {
        const command = place.replace("@", () => `${name} x`);
        expect(policy.check(command).allowed).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it("judges the places themselves to be fine, so that it is the name that is denied", () => {
    for (const place of PLACES) {
      expect([place, policy.check(place.replace("@", "wc x"))]).toEqual([place, { allowed: true }]);
    }
  });

  it("never allows a command whose name is computed", () => {
    const computed = fc.constantFrom(
      "$x",
      '"$x"',
      "${x}",
      "$(echo ls)",
      "`echo ls`",
      "l?",
      "{ls,x}",
      "$((1))",
      "~/ls",
    );
    fc.assert(
      fc.property(computed, nestedPlace, (name, place) => {
        expect(policy.check(place.replace("@", () => name)).allowed).toBe(false);
      }),
    );
  });

  it("denies a denied command that stands after an allowed one", () => {
    // Not those that lack a function, for the command before may define it; nor those that start in a comment.
    const denied = readCorpus("denied").filter(
      ({ rule, lists }) => rule !== "command-not-allowed" && lists === undefined,
    );
    const allowed = readCorpus("allowed").filter(({ command }) => !/[#\n]/.test(command));
    fc.assert(
      fc.property(fc.constantFrom(...allowed), fc.constantFrom(...denied), (first, second) => {
        expect(policy.check(`${first.command}\n${second.command}`).allowed).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it("decides on any text without throwing, the same each time", () => {
    const shellLike = fc
      .array(
        fc.constantFrom(
          ..."$ ( ) { } [ ] ' \" ` ; & | < > \\ # ! * ? = ~ \n \t $( ${ $(( )) << <<< <( [[ ]] do done if fi case esac in x rm ls \0 \r".split(
            " ",
          ),
        ),
        { maxLength: 60 },
      )
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(shellLike, fc.string({ unit: "binary" })), (text) => {
        expect(policy.check(text)).toEqual(policy.check(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["open parentheses", "("],
    ["open arithmetic", "$(("],
    ["open substitutions", "$("],
    ["open expansions", "${a:-"],
    ["nested quotes and substitutions", '"$('],
    ["process substitutions", "<("],
    ["backticks", "`"],
    ["escaped backticks", "\\`"],
    ["subscripts", "$((a["],
    ["quotes", "'"],
    ["double quotes", '"'],
    ["pipes", "a|"],
    ["here-documents", "<<A "],
    ["braces", "{a,"],
    ["groups", "{ "],
    ["conditions", "if "],
    ["cases", "case a in a) "],
    ["functions", "f(){ "],
    ["tests", "[[ ( "],
    ["backslashes", "\\"],
    ["patterns", "*?[a]"],
  ])("ends on 64 KiB of %s", (_name, piece) => {
    const text = piece.repeat(Math.floor(65_536 / piece.length));
    expect(policy.check(text)).toMatchObject({ allowed: false, rule: expect.any(String) });
    expect(policy.check(piece.repeat(100_000))).toMatchObject({ allowed: false, rule: "too-long" });
  });
});
