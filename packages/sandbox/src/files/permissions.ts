const TYPE_MASK = 0o170000;

const TYPE_LETTERS: Readonly<Record<number, string>> = {
  0o100000: "-",
  0o040000: "d",
  0o120000: "l",
  0o010000: "p",
  0o140000: "s",
  0o060000: "b",
  0o020000: "c",
};

/** A file's mode (st_mode) as `ls -l` writes it, e.g. `-rw-r--r--`, set-id and sticky bits included. */
export function permissionsText(mode: number): string {
  const letters = Array.from("rwxrwxrwx", (letter, index) =>
    (mode & (0o400 >> index)) === 0 ? "-" : letter,
  );
  const special = (index: number, bit: number, letter: string): void => {
    if ((mode & bit) === 0) return;
    letters[index] = letters[index] === "x" ? letter : letter.toUpperCase();
  };
  special(2, 0o4000, "s");
  special(5, 0o2000, "s");
  special(8, 0o1000, "t");
  return (TYPE_LETTERS[mode & TYPE_MASK] ?? "?") + letters.join("");
}
