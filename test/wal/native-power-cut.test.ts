import { describe, expect, test } from "vitest";
import { CorruptionError } from "../../src/errors.ts";
import { SECTOR_SIZE } from "../../src/fs/crash-states.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { LOG_ID, readNativeInto, SYNC, type WrittenLog, writtenLog } from "../support/native-log.ts";
import { randomOf } from "../support/random.ts";

type Random = (below: number) => number;

const SEEDS: readonly number[] = Array.from({ length: 120 }, (_, seed) => seed);

/** Random batches and syncs. Some values hold a copy of a log with the same places, as if somebody had stored it. */
function randomSteps(random: Random): (string | CheckedWrite[])[] {
  const steps: (string | CheckedWrite[])[] = [];
  for (let count = 1 + random(12); count > 0; count--) {
    if (random(3) === 0) steps.push(SYNC);
    steps.push(Array.from({ length: 1 + random(4) }, () => randomEntry(random, steps)));
  }
  return steps;
}

function randomEntry(random: Random, before: readonly (string | CheckedWrite[])[]): CheckedWrite {
  const kind = random(4) === 0 ? 1 + random(2) : ENTRY_KIND.put;
  const key = randomBytes(random, random(20));
  if (kind === ENTRY_KIND.delete) return { kind, key, value: new Uint8Array(0) };
  if (kind === ENTRY_KIND.rangeDelete) return { kind, key, value: randomBytes(random, random(20)) };
  const sizeMax = [10, 200, 3000, 70_000][random(16) === 0 ? 3 : random(3)]!;
  const value = random(6) === 0 ? writtenLog(before.slice(-3)).bytes : randomBytes(random, random(sizeMax));
  return { kind, key, value };
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/**
 * Of the unsynced pieces of a log any may be lost, and read as zeros, as another log's bytes in the same place, or as
 * anything. (Not as another log's header: that is taken for a log in a wrong place.)
 */
function afterPowerCut(log: WrittenLog, other: WrittenLog, random: Random): Buffer {
  const { durableBytes } = log;
  const unsynced = log.bytes.length - durableBytes;
  const bytes = Buffer.from(log.bytes.subarray(0, durableBytes + (random(3) === 0 ? random(unsynced + 1) : unsynced)));
  const lossPercent = random(101);
  for (let piece = durableBytes; piece < bytes.length; piece = nextPiece(piece)) {
    const end = Math.min(nextPiece(piece), bytes.length);
    if (random(100) >= lossPercent) continue;
    const old = [new Uint8Array(end - piece), randomBytes(random, end - piece), other.bytes.subarray(piece, end)];
    bytes.set(old[random(piece === 0 ? 2 : 3)]!, piece);
  }
  return bytes;
}

function nextPiece(at: number): number {
  return at - (at % SECTOR_SIZE) + SECTOR_SIZE;
}

/** How many batches were shown: the entries must be exactly those of the first so many. */
function batchesShown(log: WrittenLog, shown: readonly string[]): number {
  const text = shown.join(" ");
  const count = log.shown.findIndex((_, index) => log.shown.slice(0, index).join(" ") === text);
  if (count >= 0) return count;
  expect(text === log.shown.join(" "), "what was read is a prefix of what was written").toBe(true);
  return log.shown.length;
}

describe("a power cut", () => {
  test("leaves a prefix of the batches, with all that were durable and nothing that was not written", () => {
    let lost = 0;
    for (const seed of SEEDS) {
      const random = randomOf(seed);
      const steps = randomSteps(random);
      const log = writtenLog(steps);
      const other = writtenLog(steps, LOG_ID + 1);
      expect(other.starts).toEqual(log.starts);
      const durable = log.starts.filter((start) => start < log.durableBytes).length;
      for (let cut = 0; cut < 4; cut++) {
        // Whatever the manifest knew, it was true.
        const syncedBytes = [0, log.durableBytes, log.synced[random(log.synced.length)]!][random(3)]!;
        const shown: string[] = [];
        readNativeInto(shown, afterPowerCut(log, other, random), { syncedBytes });
        const count = batchesShown(log, shown);
        expect(count, `seed ${seed}, cut ${cut}`).toBeGreaterThanOrEqual(durable);
        if (count < log.shown.length) lost++;
      }
    }
    expect(lost).toBeGreaterThan(SEEDS.length);
  });
});

describe("harm to a log", () => {
  test("among the bytes known to be durable is damage, and never a wrong entry", () => {
    let harmed = 0;
    for (const seed of SEEDS) {
      const random = randomOf(seed);
      const log = writtenLog(randomSteps(random));
      const bytes = Buffer.from(log.bytes);
      const at = random(bytes.length);
      bytes[at]! ^= 1 + random(255);
      const flaw = at < log.starts[0]! ? 0 : log.starts.findLast((start) => start <= at)!;
      const provedByRecord = log.synced.some((synced, index) => log.starts[index]! > flaw && synced > flaw);
      const syncedBytes = random(2) * log.durableBytes;

      const shown: string[] = [];
      let damage: CorruptionError | undefined;
      try {
        readNativeInto(shown, bytes, { syncedBytes });
      } catch (error) {
        if (!(error instanceof CorruptionError)) throw error;
        damage = error;
      }
      expect(damage?.offset, `seed ${seed}`).toBe(provedByRecord || syncedBytes > flaw ? flaw : undefined);
      expect(batchesShown(log, shown), `seed ${seed}`).toBe(log.starts.filter((start) => start < flaw).length);
      if (damage !== undefined) harmed++;
    }
    expect(harmed).toBeGreaterThan(SEEDS.length / 4);
  });

  test("of any kind and anywhere never shows a wrong entry, whatever the recovery", () => {
    for (const seed of SEEDS) {
      const random = randomOf(seed);
      const log = writtenLog(randomSteps(random));
      const bytes = Buffer.from(log.bytes);
      for (let count = 1 + random(5); count > 0; count--) {
        const from = random(bytes.length);
        const length = 1 + random(600);
        if (random(2) === 0) bytes.copyWithin(from, random(bytes.length), random(bytes.length));
        else bytes.set(randomBytes(random, Math.min(length, bytes.length - from)), from);
      }
      for (const recovery of ["strict", "tail"] as const) {
        const shown: string[] = [];
        try {
          readNativeInto(shown, bytes, { recovery });
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptionError);
          expect(recovery).toBe("strict");
        }
        batchesShown(log, shown);
      }
    }
  });
});
