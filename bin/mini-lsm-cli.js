#!/usr/bin/env node
// Old syntax on purpose: a Node.js that is too old must get as far as saying so.
var version = process.versions.node.split(".").map(Number);
var isRecent = (version[0] === 20 && version[1] >= 15) || (version[0] === 22 && version[1] >= 2) || version[0] > 22;

if (!isRecent) {
  console.error(`error: mini-lsm-cli needs Node.js 20.15 or 22.2 and later, this is ${process.versions.node}`);
  process.exitCode = 1;
} else {
  import("../dist/program/main.js").then((program) => program.main(), explainMissingBuild);
}

function explainMissingBuild(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error(`error: the program is not built (${error.message}): run \`npm install\` and \`npm run build\``);
  process.exitCode = 1;
}
