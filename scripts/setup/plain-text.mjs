import { stripVTControlCharacters } from "node:util";

/**
 * A line of a command's output as it can be shown in another place: without colours, cursor movements and other control characters (tabs
 * aside), and without what a carriage return has overwritten.
 * @param {string} line
 * @returns {string}
 */
export function plain(line) {
  const visible = line.slice(line.trimEnd().lastIndexOf("\r") + 1);
  return stripVTControlCharacters(visible).replace(/[^\P{Cc}\t]/gu, "");
}
