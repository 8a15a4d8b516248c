import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments } from "../../../src/cli/arguments.ts";
import { InputError } from "../../../src/cli/language/command.ts";
import { hintFor } from "../../../src/cli/language/hint.ts";
import { parse } from "../../../src/cli/language/parse.ts";
import { HISTORY_LINES_MAX, HistoryFile } from "../../../src/cli/terminal/history-file.ts";
import { decodeHolder, thisHolder } from "../../../src/fs/lock-holder.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { joined, mutated, pick, type Random } from "./mutate.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Lines of every command, with quotes, escapes, options and numbers at their limits. */
const LINES: readonly string[] = [
  "put key value",
  'put "a b" "\\x00\\n\\"" ',
  "get key",
  "del key",
  "scan",
  "scan a z",
  "scan a z at first",
  "fill 1 100",
  "fill 9007199254740991 9007199254740993",
  "fill 18446744073709551615 18446744073709551616",
  "batch put a 1 ; del b",
  "explain get key",
  "snapshot first",
  "begin",
  "commit",
  "stats --json",
  "tree",
  "flush",
  "full_compaction",
  "help scan",
  "watch 1 stats",
  "source file.txt",
  "close",
  "__proto__ constructor",
];

const WORDS: readonly string[] = [...new Set(LINES.flatMap((line) => line.split(" ")))];

const PIECES: readonly Uint8Array[] = [
  ...[
    "\x00",
    "\t",
    '"',
    "'",
    "\\",
    "\\x",
    "\\u{1F600}",
    "é",
    "\u2028",
    "\ud83d",
    "-",
    "--",
    "99999999999999999999",
  ].map((text) => encoder.encode(text)),
  Uint8Array.of(0xff),
  Uint8Array.of(0xc3),
  Uint8Array.of(0xef, 0xbb, 0xbf),
];

function changedLine(random: Random): Uint8Array {
  const words = pick(random, LINES).split(" ");
  for (let count = random(3); count > 0; count--)
    words.splice(random(words.length + 1), random(2), pick(random, WORDS));
  const line = encoder.encode(words.join(" "));
  if (random(2) === 0) return line;
  if (random(2) === 0) return mutated(random, line);
  const at = random(line.length + 1);
  return joined(line.subarray(0, at), pick(random, PIECES), line.subarray(at));
}

/** A line is a command or is refused in words, and can be hinted at before it is whole. */
const SHELL_LINE: FuzzTarget = {
  name: "shell line",
  attempt: (random) => {
    const line = changedLine(random);
    hintFor(decoder.decode(line));
    try {
      parse(line);
    } catch (error) {
      if (!(error instanceof InputError) || error.message.includes("\n")) throw error;
    }
  },
};

const ARGUMENTS: readonly string[] = [
  ..."--path dir --compaction leveled --compaction none --enable-wal --serializable --help --version".split(" "),
  ..."simulate verify inspect repair convert help backup --json --live 0 --port 65536 -1 4096k 1e9 --".split(" "),
  ..."--unknown -x --path= --path=. = __proto__ --constructor --no-color".split(" "),
  "",
  " ",
  "\x00",
  "é".repeat(40),
];

const ARGUMENT_LINE: FuzzTarget = {
  name: "arguments",
  attempt: (random) => {
    const argv = Array.from({ length: random(5) }, () => pick(random, ARGUMENTS));
    const parsed = parseArguments(argv, "0.0.0");
    if (parsed.kind !== "leave" || parsed.exitCode === 0) return;
    if (parsed.stderr.trim() === "") throw new Error(`refused without a word: ${JSON.stringify(argv)}`);
  },
};

/** What it answers can be shown at a terminal, whatever was in the file. */
const HISTORY: FuzzTarget = {
  name: "history file",
  attempt: (random) => {
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-fuzz-"));
    try {
      const path = join(directory, "history");
      const lines = Array.from({ length: random(5) }, () => changedLine(random));
      writeFileSync(path, joined(...lines.flatMap((line) => [line, Uint8Array.of(0x0a)])));
      const history = new HistoryFile(path, (warning) => {
        throw new Error(`not read: ${warning}`);
      });
      const loaded = history.load();
      if (loaded.length > HISTORY_LINES_MAX || loaded.some((line) => CONTROL.test(line))) throw new Error("unsafe");
      history.add(decoder.decode(changedLine(random)));
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** What could drive a terminal: the control characters of C0 and C1. */
const CONTROL = /\p{Cc}/u;

const LOCK_TEXT = JSON.stringify(thisHolder({ token: "0123456789abcdef", socket: "s", directoryInode: "7" }));

/** A LOCK is one that a holder wrote, or means nothing. */
const LOCK: FuzzTarget = {
  name: "lock file",
  attempt: (random) => {
    const holder = decodeHolder(decoder.decode(mutated(random, encoder.encode(LOCK_TEXT))));
    if (holder !== undefined && !(holder.pid >= 1 && /^[0-9a-f]{16}$/.test(holder.token))) {
      throw new Error(`a holder that nobody is: ${JSON.stringify(holder)}`);
    }
  },
};

export const TEXT_TARGETS: readonly FuzzTarget[] = [SHELL_LINE, ARGUMENT_LINE, HISTORY, LOCK];
