import { describe, expect, test } from "vitest";
import { arranged } from "../../../src/tools/live/arranged.ts";
import { unknownTable } from "../../../src/tools/live/change.ts";
import { Follower, TABLES_PER_MESSAGE } from "../../../src/tools/live/follower.ts";
import { History, tableIds } from "../../../src/tools/live/history.ts";
import { simulateHistory } from "../../../src/tools/live/simulation-history.ts";
import type { LiveSource } from "../../../src/tools/live/source.ts";
import { decodeMessage } from "../../../src/tools/live/wire.ts";
import { SIMULATION_DEFAULTS } from "../../../src/tools/simulator/simulation-options.ts";
import { Model } from "../../../web/state/model.ts";
import { showTree } from "../../support/tree-notation.ts";

const { compaction, ...rest } = SIMULATION_DEFAULTS.leveled;
/** What the picker does with a tree that grows to more than a thousand tables. */
const told = simulateHistory({ compaction, ...rest, iterations: 1100 }, () => {});
/** Events in a second, all between two ticks. */
const EVENTS = 100;
const TELLING_BYTES_MAX = 100_000;

function sourceOf(history: History): LiveSource {
  const subject = {
    kind: "live",
    name: "grown",
    format: undefined,
    compaction,
    memtable: undefined,
    takesCommands: false,
    hasFiles: false,
    notes: [],
  } as const;
  return { subject, history, points: [], figures: undefined };
}

const lines = (text: string) => text.split("\n").filter(Boolean).map(decodeMessage);

function newestTree(history: History): string {
  return showTree(arranged(history.sceneAfter(history.newestNumber).tree, history.tables, compaction));
}

describe("a tree of a thousand tables", () => {
  test("is what the tests here are about", () => {
    expect(tableIds(told.sceneAfter(told.newestNumber).tree).length).toBeGreaterThan(1000);
    expect(told.newestNumber - told.beginningNumber).toBeGreaterThan(5000);
  });

  test("and a hundred events at once are told in one piece that is no larger for the size of the tree", () => {
    const history = new History(told.beginning);
    const follower = new Follower(sourceOf(history));
    const model = new Model();
    model.take(lines(follower.next()?.text ?? ""));
    let longest = 0;
    for (let at = told.beginningNumber; at < told.newestNumber; at += EVENTS) {
      for (const { change } of told.momentsAfter(at, EVENTS)) history.add(change, 0);
      const telling = follower.next();
      expect(telling?.isBehind).toBe(false);
      expect(follower.next()).toBeUndefined();
      longest = Math.max(longest, telling?.text.length ?? 0);
      model.take(lines(telling?.text ?? ""));
    }
    expect(longest).toBeLessThan(TELLING_BYTES_MAX);
    expect(model.history.newestNumber).toBe(history.newestNumber);
    expect(showTree(model.sceneAfter(history.newestNumber).tree)).toBe(newestTree(told));
  });

  test("is told to one who comes late in pieces, at the end of which he sees what the others see", () => {
    const follower = new Follower(sourceOf(told));
    const model = new Model();
    let isBehind = true;
    let pieces = 0;
    for (; isBehind; pieces++) {
      const telling = follower.next();
      expect(telling?.text.length).toBeLessThan(5 * TELLING_BYTES_MAX);
      model.take(lines(telling?.text ?? ""));
      isBehind = telling?.isBehind ?? false;
      expect(model.isComplete).toBe(!isBehind);
    }
    expect(pieces).toBeGreaterThan(10);
    expect(showTree(model.sceneAfter(told.newestNumber).tree)).toBe(newestTree(told));
  });
});

test("compactions of many tables are told a few at a time, and one of more than a message holds by itself", () => {
  const history = new History();
  const counts = [2, 3, TABLES_PER_MESSAGE - 4, TABLES_PER_MESSAGE * 2, 1];
  let id = 0;
  for (const count of counts) {
    const tables = Array.from({ length: count }, () => unknownTable(id++));
    history.add(
      { kind: "state", tree: { level0: tables.map((table) => table.id), levels: [] }, tables, frozen: [] },
      0,
    );
  }
  const follower = new Follower(sourceOf(history));
  const pieces: string[] = [];
  for (let telling = follower.next(); telling !== undefined; telling = follower.next()) {
    for (const message of lines(telling.text)) {
      if (message.type === "moments") pieces.push(message.moments.map(({ number }) => number).join(" "));
    }
  }
  expect(pieces).toEqual(["1 2", "3", "4", "5"]);
});
