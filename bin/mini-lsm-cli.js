#!/usr/bin/env node
// Old syntax on purpose: a Node.js that is too old must get as far as saying so.
var version = process.versions.node.split(".").map(Number);
var isRecent = (version[0] === 20 && version[1] >= 15) || (version[0] === 22 && version[1] >= 2) || version[0] > 22;

if (!isRecent) {
  console.error(`error: mini-lsm-cli needs Node.js 20.15 or 22.2 and later, this is ${process.versions.node}`);
  process.exitCode = 1;
} else {
  start();
}

// As CommonJS, which `package.json` beside this file says: loading ES modules takes Node.js 10 ms more.
function start() {
  try {
    require("../dist/program/main.js").main();
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    const [what] = error.message.split("\n");
    console.error(`error: the program is not built (${what}): run \`npm install\` and \`npm run build\``);
    process.exitCode = 1;
  }
}
