// Runs abstract-level's own test suite, whole and as it is, on databases in the directory that is given, and prints TAP.
const { join } = require("node:path");
const suite = require("abstract-level/test");
const test = require("tape");
const { MiniLevel } = require("../../dist/cjs/level.js");

const [, , directory] = process.argv;
let databases = 0;

suite({ test, factory: (options) => new MiniLevel(join(directory, String(databases++)), options) });
