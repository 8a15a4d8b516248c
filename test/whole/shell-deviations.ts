import { type Build, named } from "./shell-transcript.ts";

export const BANNER: string = "Welcome to mini-lsm-cli!\nA CLI for mini-lsm\n\n";
const A_COMMAND = 'a command (type "help" for a list)';
const NUMBER = "expected a whole number from 0 to 18446744073709551615";
const END_OF_GET = 'expected "at" or the end of the line after: get KEY';

/** How our answers differ; what is left out is as in the reference, with nothing on stderr and exit code 0. */
export type Deviation = {
  readonly stdout?: (reference: string) => string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly files?: readonly string[];
};

type Deviations = { readonly [reason: string]: { readonly [name: string]: Deviation } };

/** Bytes of what the sessions of a build leave. */
type Sizes = {
  /** Tables of the entries 1 and 2, and of 1 to 3. */
  readonly two: number;
  readonly three: number;
  /** The table of what was only in a log. */
  readonly logged: number;
  /** The table of a full compaction. */
  readonly merged: number;
  /** The tables of 200 000 entries, and the manifest beside them. */
  readonly big: readonly number[];
  readonly bigManifest: number;
};

const PLAIN: Sizes = {
  two: 79,
  three: 96,
  logged: 105,
  merged: 3058,
  big: [2_945_120, 1_964_307],
  bigManifest: 104,
};
const MVCC: Sizes = {
  two: 119,
  three: 144,
  logged: 161,
  merged: 4266,
  big: [2_709_149, 2_605_305, 1_211_851],
  bigManifest: 156,
};

/** Where our shell differs on purpose, by reason, in sessions of both builds. */
export const DEVIATIONS: Deviations = {
  ...inBoth({
    plain: deviationsOf(PLAIN),
    mvcc: deviationsOf(MVCC),
  }),
  "--serializable makes an mvcc database": {
    serializable: {
      stdout: (reference) =>
        reference
          .replace("2 values", `${committed(2552028077)}${committed(3946386795)}2 values`)
          .replace("1 deleted", `${committed(2552028077)}1 deleted`)
          .replace("size=71", "size=135"),
      files: ["db/00000.sst 135", "db/MANIFEST 52"],
    },
  },
};

function deviationsOf(sizes: Sizes): Deviations {
  const smallTable = [`db/00000.sst ${sizes.three}`, "db/MANIFEST 52"];
  return {
    "a malformed line is explained": {
      "bad-fill-float": malformed(`line 1, column 6: START of fill is "1.5", ${NUMBER}`),
      "bad-fill-glued": malformed('line 1, column 1: unknown command "fill1", did you mean fill?'),
      "bad-fill-negative": malformed(`line 1, column 6: START of fill is "-1", ${NUMBER}`),
      "bad-fill-one-arg": malformed("line 1, column 7: END of fill is missing, expected: fill START END"),
      "bad-fill-space-no-arg": malformed("line 1, column 6: START of fill is missing, expected: fill START END"),
      "bad-full-alone": malformed('line 1, column 1: unknown command "full", did you mean full_compaction?'),
      "bad-full-compaction-dash": malformed(
        'line 1, column 1: unknown command "full-compaction", did you mean full_compaction?',
      ),
      "bad-get-glued": malformed('line 1, column 1: unknown command "getx", did you mean get?'),
      "bad-get-no-arg": malformed("line 1, column 4: KEY of get is missing, expected: get KEY [at NAME]"),
      "bad-get-space-no-arg": malformed("line 1, column 5: KEY of get is missing, expected: get KEY [at NAME]"),
      "bad-unicode-command": malformed(`line 1, column 1: unknown command "取", expected ${A_COMMAND}`),
      "fill-over-max": malformed(`line 1, column 27: END of fill is "18446744073709551616", ${NUMBER}`),
    },
    "a malformed line ends the run with a clean close": {
      "invalid-command-after-data": {
        ...malformed(`line 2, column 1: unknown command "foo", expected ${A_COMMAND}`),
        stdout: (reference) => `${reference}${flushed(0, sizes.three)}`,
        files: smallTable,
      },
      "invalid-utf8": {
        ...malformed("line 2, column 5: expected UTF-8 text"),
        stdout: (reference) => `${reference}${flushed(0, sizes.two)}`,
        files: [`db/00000.sst ${sizes.two}`, "db/MANIFEST 52"],
      },
    },
    "words too many and glued suffixes are mistakes": {
      "fill-float-second": {
        ...malformed(`line 1, column 8: END of fill is "3.7", ${NUMBER}`),
        stdout: () => BANNER,
        files: ["db/MANIFEST 29"],
      },
      "fill-glued-suffix": {
        ...malformed(`line 1, column 8: END of fill is "3abc", ${NUMBER}`),
        stdout: () => BANNER,
        files: ["db/MANIFEST 29"],
      },
      "get-extra-args": {
        ...malformed(`line 2, column 7: unexpected "2", ${END_OF_GET}`),
        stdout: (reference) => reference.replace(/1=b"value1@0"\n99 not exist\nabc not exist\n/, ""),
      },
      "utf8-keys": {
        ...malformed(`line 3, column 7: unexpected "x", ${END_OF_GET}`),
        stdout: (reference) => reference.replace("🙂 not exist\n", ""),
      },
    },
    "leading blanks are allowed": {
      "leading-space": { stdout: (reference) => `${reference}1 not exist\n` },
    },
    "a reversed range is empty": {
      "fill-reversed": { stdout: (reference) => reference.replace("18446744073709551612 values", "0 values") },
    },
    "control characters of a key are escaped": {
      "nul-byte": { stdout: (reference) => reference.replace("1\u0000 not", "1\\0 not") },
    },
    "the end of input closes the database": {
      "eof-immediately": {},
      "seed-none": {},
      "seed-none-wal": {},
      "eof-loses-memtable": {
        stdout: (reference) => `${reference}${flushed(0, sizes.three)}`,
        files: smallTable,
      },
      "eof-loses-memtable-reopen": {
        stdout: () => `1 SSTs opened\n${BANNER}${entries(1, 3, 0)}\n3 keys scanned\n${dumped("L0 (1): [0]")}`,
        files: [`db/00000.sst ${sizes.three}`, "db/MANIFEST 81"],
      },
      "big-fill-none": {
        stdout: (reference) => reference + sizes.big.map((size, id) => flushed(id, size)).join(""),
        files: [...sizes.big.map((size, id) => `db/0000${id}.sst ${size}`), `db/MANIFEST ${sizes.bigManifest}`],
      },
      "nowal-eof-opened-with-wal": {
        stdout: () =>
          `1 SSTs opened\n0 WALs recovered\n${BANNER}${entries(1, 3, 0)}\n3 keys scanned\n${dumped("L0 (1): [0]")}`,
        files: [`db/00000.sst ${sizes.three}`, "db/00002.wal 0", "db/MANIFEST 81"],
      },
    },
    "a full compaction works with every strategy": {
      "full-compaction-leveled-panics": fullCompactionOfMemtable(sizes),
      "full-compaction-simple-panics": fullCompactionOfMemtable(sizes),
    },
    "a database opens again after a full compaction": {
      "full-compaction-reopen": {
        stdout: () =>
          [
            `1 SSTs opened\n${BANNER}L1 (1): [4]\ndump success\n60 not exist\n61=b"value61@2"\n`,
            `${sorted(entries(1, 49, 0) + entries(50, 59, 2) + entries(61, 69, 2) + entries(71, 150, 2))}\n`,
            "148 keys scanned\n",
            "force full compaction: ForceFullCompaction { l0_sstables: [], l1_sstables: [4] }\n",
            "force full compaction done, new SSTs: [6]\nfull compaction success\nL1 (1): [6]\ndump success\n",
          ].join(""),
        files: [`db/00006.sst ${sizes.merged}`, "db/MANIFEST 404"],
      },
      "full-compaction-all-deleted-reopen": {
        stdout: () => `0 SSTs opened\n${BANNER}L1 (0): []\ndump success\n\n0 keys scanned\n`,
        files: ["db/MANIFEST 256"],
      },
    },
    "a log is read whether or not new writes are logged": {
      "wal-written-opened-without-wal": {
        stdout: () =>
          [
            `1 SSTs opened\n1 WALs recovered\n${BANNER}${entries(2, 2, 0)}${entries(3, 5, 2)}\n4 keys scanned\n`,
            `${dumped("L0 (1): [0]")}${flushed(1, sizes.logged)}`,
          ].join(""),
        files: [`db/00000.sst ${sizes.three}`, `db/00001.sst ${sizes.logged}`, "db/00002.wal 0", "db/MANIFEST 133"],
      },
    },
    "a failure to open has a line and an exit code": {
      "path-is-file": {
        stderr: "error: cannot open /etc/hostname: /etc/hostname is not a directory but a file\n",
        exitCode: 3,
      },
    },
  };
}

/** The two builds differ from ours for the same reasons. */
function inBoth(deviations: { readonly [build in Build]: Deviations }): Deviations {
  return Object.fromEntries(
    Object.keys(deviations.plain).map((reason) => [
      reason,
      { ...deviations.plain[reason], ...prefixed(deviations.mvcc[reason] ?? {}) },
    ]),
  );
}

function prefixed(sessions: { readonly [name: string]: Deviation }): { readonly [name: string]: Deviation } {
  return Object.fromEntries(Object.entries(sessions).map(([name, deviation]) => [named("mvcc", name), deviation]));
}

function malformed(message: string): Deviation {
  return { stderr: `error: ${message}\n`, exitCode: 1 };
}

/** Of what is not flushed there is nothing to compact. */
function fullCompactionOfMemtable(sizes: Sizes): Deviation {
  return {
    stdout: (reference) => `${reference}full compaction success\n1=b"value1@0"\n${flushed(0, sizes.three)}`,
    files: [`db/00000.sst ${sizes.three}`, "db/MANIFEST 52"],
  };
}

function flushed(id: number, size: number): string {
  return `flushed ${id}.sst with size=${size}\n`;
}

/** What a write tells of itself that is a transaction. */
function committed(hash: number): string {
  return `commit txn: write_set: {${hash}}, read_set: {}\n`;
}

/** What a scan shows of `fill first last`. */
export function entries(first: number, last: number, epoch: number): string {
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return numbers.map((number) => `b"${number}"=b"value${number}@${epoch}"\n`).join("");
}

function sorted(lines: string): string {
  const keyOf = (line: string): string => line.slice(0, line.indexOf("="));
  const ordered = lines.trimEnd().split("\n");
  return `${ordered.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1)).join("\n")}\n`;
}

function dumped(level0: string): string {
  return `${level0}\nL1 (0): []\ndump success\n`;
}
