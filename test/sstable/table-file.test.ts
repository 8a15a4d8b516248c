import { describe, expect, test } from "vitest";
import { TableCache } from "../../src/sstable/table-cache.ts";
import type { TableFile } from "../../src/sstable/table-file.ts";
import { ArrayFileSystem } from "../support/array-file-system.ts";
import { DelayedReads } from "../support/delayed-reads.ts";

const DIGITS = Buffer.from("0123456789");

/** `count` files of ten digits, not yet opened, whose reads in the background wait for `reads`. */
function filesOf(count: number, maxOpenFiles = 8) {
  const fs = new ArrayFileSystem();
  const cache = new TableCache(fs, "db", maxOpenFiles);
  for (let id = 0; id < count; id++) fs.files.set(`db/0000${id}.sst`, DIGITS);
  const reads = new DelayedReads(fs);
  const files = Array.from({ length: count }, (_, id) => cache.open(id, DIGITS.length));
  return { fs, cache, reads, files };
}

/** What was answered so far, as text. */
function answersOf(file: TableFile, ...ranges: [start: number, end: number][]): string[] {
  const answers: string[] = [];
  for (const [start, end] of ranges) {
    file.readInBackground(start, end, (bytes) => {
      answers.push(bytes instanceof Error ? bytes.message : Buffer.from(bytes).toString());
    });
  }
  return answers;
}

describe("a table's file, read in the background", () => {
  test("is opened in the background, once, and gives the bytes that a read gives", () => {
    const { fs, reads, files } = filesOf(1);
    const answers = answersOf(files[0]!, [2, 5], [0, 10], [4, 4]);
    expect([fs.opened, reads.underWay, answers]).toEqual([0, 1, []]);
    reads.endAll();
    expect(answers.sort()).toEqual(["", "0123456789", "234"]);
    expect([fs.opened, reads.synchronous]).toEqual([1, 0]);
    expect(Buffer.from(files[0]!.read(2, 5)).toString()).toBe("234");
  });

  test("keeps its descriptor until the reads under way are over, whoever gives it up", () => {
    const { fs, cache, reads, files } = filesOf(1);
    files[0]!.read(0, 1);
    const answers = answersOf(files[0]!, [2, 5], [7, 9]);
    files[0]!.close();
    expect([cache.openFiles, fs.openNow]).toEqual([0, 1]);
    // Whoever reads now opens it again.
    expect(Buffer.from(files[0]!.read(0, 2)).toString()).toBe("01");
    expect([cache.openFiles, fs.openNow]).toEqual([1, 2]);
    reads.endAll();
    expect(answers.sort()).toEqual(["234", "78"]);
    expect([cache.openFiles, fs.openNow]).toEqual([1, 1]);
  });

  test("that is given up while it is being opened is closed when it was read", () => {
    const { fs, cache, reads, files } = filesOf(1);
    const answers = answersOf(files[0]!, [2, 5]);
    files[0]!.close();
    reads.endAll();
    expect([answers, cache.openFiles, fs.openNow]).toEqual([["234"], 0, 0]);
  });

  test("is read at once by who cannot wait until it is open", () => {
    const { fs, reads, files } = filesOf(1);
    const answers = answersOf(files[0]!, [2, 5]);
    expect(Buffer.from(files[0]!.read(0, 2)).toString()).toBe("01");
    reads.endAll();
    expect(answers).toEqual(["234"]);
    expect(fs.openNow).toBe(1);
  });

  test("is refused with what a read throws", () => {
    const { fs, cache, reads, files } = filesOf(3);
    expect(answersOf(files[0]!, [5, 11])).toEqual([expect.stringContaining("ends before byte 11")]);
    fs.files.set("db/00000.sst", DIGITS.subarray(1));
    fs.files.delete("db/00001.sst");
    const answers = files.slice(0, 2).map((file) => answersOf(file, [0, 2]));
    reads.endAll();
    expect(answers.flat()).toEqual([
      expect.stringContaining("had 10 bytes and now has 9"),
      expect.stringContaining("ENOENT"),
    ]);
    const cut = answersOf(files[2]!, [0, 10]);
    reads.endOne();
    fs.files.set("db/00002.sst", DIGITS.subarray(0, 4));
    reads.endAll();
    expect(cut).toEqual([expect.stringContaining("at byte 4: the file has lost bytes before 10")]);
    expect([cache.openFiles, fs.openNow]).toEqual([1, 1]);
    fs.files.set("db/00000.sst", DIGITS);
    expect(Buffer.from(files[0]!.read(0, 2)).toString()).toBe("01");
  });
});

describe("reads in the background", () => {
  test("are never so many that no descriptor can be given up; the others wait for their turn", () => {
    const { fs, reads, files } = filesOf(9, 4);
    const answers = files.map((file, id) => answersOf(file, [id, id + 1]));
    expect(reads.underWay).toBe(3);
    expect(Buffer.from(files[8]!.read(0, 1)).toString()).toBe("0");
    expect(fs.openNow).toBe(1);
    while (reads.endOne()) expect(fs.openNow).toBeLessThanOrEqual(4);
    expect(reads.most).toBe(3);
    expect(answers.flat().join("")).toBe("012345678");
  });

  test("that have not begun are refused at the end, which comes when the last one is over", () => {
    const { fs, cache, reads, files } = filesOf(4, 3);
    const answers = files.map((file) => answersOf(file, [0, 3]));
    let ends = 0;
    cache.end(new Error("it is over"), () => ends++);
    expect(answers).toEqual([[], [], ["it is over"], ["it is over"]]);
    expect(ends).toBe(0);
    reads.endAll();
    expect(answers.slice(0, 2)).toEqual([["012"], ["012"]]);
    expect([ends, fs.openNow, cache.openFiles]).toEqual([1, 0, 0]);
    expect(answersOf(files[0]!, [0, 3])).toEqual(["it is over"]);
  });

  test("are handed over when there is time for what comes of them", () => {
    const later: (() => void)[] = [];
    const fs = new ArrayFileSystem();
    fs.files.set("db/00000.sst", DIGITS);
    const cache = new TableCache(fs, "db", 1, (answer) => later.push(answer));
    const file = cache.open(0);
    const answers = answersOf(file, [0, 3]);
    expect([answers, file.isBusy]).toEqual([[], true]);
    for (const answer of later) answer();
    expect([answers, file.isBusy]).toEqual([["012"], false]);
  });
});
