"use strict";

const fs = require("node:fs");
const path = require("node:path");

const INCLUDE = /^-- include: ([a-z-]+)$/gm;

/** The text of a script, with the fragments that it includes put in their places. */
function load(file) {
  const text = fs.readFileSync(path.join(__dirname, file), "utf8");
  return text.replace(INCLUDE, (_, name) =>
    fs.readFileSync(path.join(__dirname, "include", `${name}.lua`), "utf8"),
  );
}

const luaScripts = Object.freeze(
  Object.fromEntries(
    fs
      .readdirSync(__dirname)
      .filter((file) => file.endsWith(".lua"))
      .map((file) => [path.basename(file, ".lua"), load(file)]),
  ),
);

module.exports = { luaScripts };
