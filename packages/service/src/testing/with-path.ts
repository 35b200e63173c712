/** Name of an attached file with its directories; the form library sends the bare name otherwise, and its types do not know how. */
export function withPath(filepath: string): { filename?: string } {
  return { filepath } as { filename?: string };
}
