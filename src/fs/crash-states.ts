/**
 * What a disk may hold after the power failed: one state out of all that POSIX allows.
 *
 * - Synced bytes and names are there.
 * - A log (`*.wal`) of `plain` or `mvcc` loses a suffix of its unsynced bytes, which may be left as zeros: such logs are
 *   read up to their torn end, and the disk is taken to write one growing file in order.
 * - Of every other file, logs of `native` among them, any 512-byte pieces of what was not synced are lost and read as
 *   zeros, and its size may have grown by a part. A piece is a sector, the unit a disk writes whole.
 * - Of the unsynced creations, renames and removals in a directory any subset has happened; a single one is whole.
 */
import { hasNativeMagic } from "../codec/native-header.ts";
import { GrowableBytes } from "./growable-bytes.ts";
import { applyFileEffect, FileContent, type FileEffect } from "./memory-content.ts";
import { applyNameEffect, MemoryDirectory, type MemoryNode, type NameEffect } from "./memory-directory.ts";

/** Whole numbers from 0 to below the argument, from a seed that the test prints. */
export type Random = (below: number) => number;

/** `none`: nothing unsynced survives. `all`: everything does. A generator picks one state in between. */
export type CrashChoice = "none" | "all" | Random;

export const SECTOR_SIZE = 512;

/** The tree below `root` as the disk holds it after the crash, all of it durable. */
export function crashedDirectory(root: MemoryDirectory, choice: CrashChoice): MemoryDirectory {
  return crashedBelow(root, choice, new Map());
}

/** `crashed`: the files met so far, since one with several names is still one. */
function crashedBelow(
  root: MemoryDirectory,
  choice: CrashChoice,
  crashed: Map<FileContent, FileContent>,
): MemoryDirectory {
  const names = new Map<string, MemoryNode>();
  for (const [name, node] of survivingNames(root, choice)) {
    if (node.kind === "directory") names.set(name, crashedBelow(node, choice, crashed));
    else names.set(name, crashedOnce(name, node, choice, crashed));
  }
  return new MemoryDirectory(root.inode, names);
}

function crashedOnce(
  name: string,
  content: FileContent,
  choice: CrashChoice,
  crashed: Map<FileContent, FileContent>,
): FileContent {
  const known = crashed.get(content);
  if (known !== undefined) {
    known.links++;
    return known;
  }
  const file = crashedFile(name, content, choice);
  crashed.set(content, file);
  return file;
}

function survivingNames(directory: MemoryDirectory, choice: CrashChoice): Map<string, MemoryNode> {
  const names = new Map(directory.durable);
  for (const effect of survivingEffects(directory.effects, choice)) applyNameEffect(names, effect);
  return names;
}

function survivingEffects(effects: readonly NameEffect[], choice: CrashChoice): readonly NameEffect[] {
  if (choice === "none") return [];
  if (choice === "all") return effects;
  // Half of the time a prefix, as journals do it; otherwise each name for itself, as POSIX allows it.
  if (choice(2) === 0) return effects.slice(0, oftenAtAnEnd(choice, effects.length));
  return effects.filter(() => choice(2) === 0);
}

function crashedFile(name: string, content: FileContent, choice: CrashChoice): FileContent {
  const bytes = new GrowableBytes(content.durable);
  if (choice === "all") for (const effect of content.effects) applyFileEffect(bytes, effect);
  else if (choice !== "none") {
    const isKeptInOrder = name.endsWith(".wal") && !hasNativeMagic(content.visible);
    const keep = isKeptInOrder ? keepPrefix : keepSectors;
    keep(bytes, content.effects, choice);
  }
  return new FileContent(content.inode, bytes.view());
}

/** Cuts the history of a log at one byte; what was appended behind it is gone, or a run of zeros. */
function keepPrefix(bytes: GrowableBytes, effects: readonly FileEffect[], random: Random): void {
  let steps = oftenAtAnEnd(
    random,
    effects.reduce((sum, effect) => sum + stepsOf(effect), 0),
  );
  for (const [index, effect] of effects.entries()) {
    if (stepsOf(effect) > steps) {
      if (effect.kind === "append") bytes.append(effect.bytes.subarray(0, steps));
      leaveZeros(bytes, appendedFrom(effects, index) - steps, random);
      return;
    }
    applyFileEffect(bytes, effect);
    steps -= stepsOf(effect);
  }
}

function stepsOf(effect: FileEffect): number {
  return effect.kind === "append" ? effect.bytes.length : 1;
}

/** Bytes appended from effect `index` on, up to the next truncate. */
function appendedFrom(effects: readonly FileEffect[], index: number): number {
  let sum = 0;
  for (const effect of effects.slice(index)) {
    if (effect.kind === "truncate") break;
    sum += effect.bytes.length;
  }
  return sum;
}

function leaveZeros(bytes: GrowableBytes, countMax: number, random: Random): void {
  if (countMax > 0 && random(2) === 0) bytes.append(new Uint8Array(oftenAtAnEnd(random, countMax)));
}

/** Sizes reach the disk in order, the sectors below them in any order or never. */
function keepSectors(bytes: GrowableBytes, effects: readonly FileEffect[], random: Random): void {
  const whole = oftenAtAnEnd(random, effects.length);
  const lossPercent = random(101);
  for (const effect of effects.slice(0, whole)) {
    if (effect.kind === "truncate") bytes.cut(effect.sizeBytes);
    else
      for (const sector of sectorsOf(bytes.sizeBytes, effect.bytes)) appendOrLose(bytes, sector, lossPercent, random);
  }
  const torn = effects[whole];
  if (torn?.kind !== "append") return;
  const sectors = sectorsOf(bytes.sizeBytes, torn.bytes);
  for (const sector of sectors.slice(0, random(sectors.length))) {
    appendOrLose(bytes, sector, lossPercent, random);
  }
}

/** `appended` cut where sectors of the file end, when it begins at `start`. */
function sectorsOf(start: number, appended: Uint8Array): Uint8Array[] {
  const sectors: Uint8Array[] = [];
  let from = 0;
  while (from < appended.length) {
    const end = Math.min(from + SECTOR_SIZE - ((start + from) % SECTOR_SIZE), appended.length);
    sectors.push(appended.subarray(from, end));
    from = end;
  }
  return sectors;
}

function appendOrLose(bytes: GrowableBytes, sector: Uint8Array, lossPercent: number, random: Random): void {
  bytes.append(random(100) < lossPercent ? new Uint8Array(sector.length) : sector);
}

/** An integer in [0, max]; a quarter of the time 0 and a quarter `max`, where mistakes gather. */
function oftenAtAnEnd(random: Random, max: number): number {
  const where = random(4);
  if (where === 0) return 0;
  if (where === 1) return max;
  return random(max + 1);
}
