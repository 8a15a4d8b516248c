import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Watches reads of files in the background, of all modules of the process, and can make the disk slower: files of a
 * benchmark are in the system's page cache, which answers before the next read has begun.
 */
export class DiskReads {
  /** The most that were under way at once. */
  most = 0;
  /** So long each read takes at least; 0: as long as it takes. */
  delayMs = 0;
  #underWay = 0;

  constructor() {
    const { read } = fs;
    const watched = (/** @type {any[]} */ ...given) => {
      const done = given.pop();
      this.#underWay++;
      this.most = Math.max(this.most, this.#underWay);
      const end = (/** @type {any[]} */ ...answer) => {
        this.#underWay--;
        done(...answer);
      };
      const late = (/** @type {any[]} */ ...answer) => setTimeout(end, this.delayMs, ...answer);
      // @ts-expect-error: whatever was given goes on.
      read(...given, this.delayMs === 0 ? end : late);
    };
    // @ts-expect-error: its promisified form is not used.
    fs.read = watched;
    syncBuiltinESMExports();
  }
}
