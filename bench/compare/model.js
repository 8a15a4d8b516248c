import { readIndex, writeIndex, writeKey } from "../data.js";

const VERSION_AT = 4;
/** The first bytes of a value say what it is, the last ones that it is whole. */
const CHECKED_BYTES = 12;

/** An answer was wrong: what was measured is worth nothing. */
export class WrongAnswer extends Error {
  name = "WrongAnswer";
}

/**
 * What a store must hold: of each index the version written last. Keys of indexes are even numbers, so that there is a
 * missing key between any two.
 */
export class Model {
  /** By index; 0: not there. */
  versions;
  #valueBytes;
  #expectedKey;

  /** @param {number} indexes how many there can be @param {number} valueBytes */
  constructor(indexes, valueBytes) {
    if (valueBytes < CHECKED_BYTES) throw new RangeError(`a value takes ${CHECKED_BYTES} bytes at least`);
    this.versions = new Uint32Array(indexes);
    this.#valueBytes = valueBytes;
    this.#expectedKey = Buffer.alloc(16, "0");
  }

  /** Makes key and value of the next version of an index, and takes it for written. @param {number} index @param {Uint8Array} key @param {Uint8Array} value */
  write(index, key, value) {
    writeKey(key, index * 2);
    const version = ++this.versions[index];
    writeIndex(value, 0, index);
    writeIndex(value, VERSION_AT, version);
    writeIndex(value, value.length - 4, index ^ version);
  }

  /** @param {number} index @param {Uint8Array} key */
  remove(index, key) {
    writeKey(key, index * 2);
    this.versions[index] = 0;
  }

  /** Throws unless this is what a store must answer for an index. @param {number} index @param {Uint8Array | null | undefined} value */
  checkValue(index, value) {
    const version = this.versions[index];
    if (value === undefined || value === null) {
      if (version !== 0) throw new WrongAnswer(`entry ${index} is not found`);
      return;
    }
    const isRight =
      version !== 0 &&
      value.length === this.#valueBytes &&
      readIndex(value, 0) === index &&
      readIndex(value, VERSION_AT) === version &&
      readIndex(value, value.length - 4) === (index ^ version) >>> 0;
    if (!isRight) throw new WrongAnswer(`entry ${index} has a value that was not written last`);
  }

  /** Throws unless nothing was found. @param {number} index @param {unknown} value */
  checkMissing(index, value) {
    if (value !== undefined && value !== null) throw new WrongAnswer(`the key behind entry ${index} was never written`);
  }

  /**
   * Throws unless these are the first `limit` entries from `index` on, downwards with a step of -1.
   * @param {number} index @param {1 | -1} step @param {number} limit
   * @param {readonly (readonly [Uint8Array, Uint8Array])[]} entries
   */
  checkEntries(index, step, limit, entries) {
    let at = this.#nextPresent(index, step);
    for (const [key, value] of entries) {
      this.checkEntry(at, key, value);
      at = this.#nextPresent(at + step, step);
    }
    if (entries.length < limit && this.#isIndex(at)) throw new WrongAnswer(`a scan ends before entry ${at}`);
    if (entries.length > limit) throw new WrongAnswer(`a scan of ${limit} entries answers ${entries.length}`);
  }

  /** @param {number} index @param {Uint8Array} key @param {Uint8Array} value */
  checkEntry(index, key, value) {
    if (!this.#isIndex(index)) throw new WrongAnswer("a scan goes on behind the last entry");
    writeKey(this.#expectedKey, index * 2);
    if (!this.#expectedKey.equals(key)) {
      throw new WrongAnswer(`a scan answers the key ${Buffer.from(key)} in place of ${this.#expectedKey}`);
    }
    this.checkValue(index, value);
  }

  /** Visits all entries in order, to compare them one by one with a scan of everything. @param {1 | -1} step */
  walk(step) {
    let at = this.#nextPresent(step > 0 ? 0 : this.versions.length - 1, step);
    return {
      /** @param {Uint8Array} key @param {Uint8Array} value */
      visit: (key, value) => {
        this.checkEntry(at, key, value);
        at = this.#nextPresent(at + step, step);
      },
      end: () => {
        if (this.#isIndex(at)) throw new WrongAnswer(`a scan ends before entry ${at}`);
      },
    };
  }

  get count() {
    return this.versions.reduce((count, version) => count + (version > 0 ? 1 : 0), 0);
  }

  /** @param {number} index @param {1 | -1} step */
  #nextPresent(index, step) {
    let at = index;
    while (this.#isIndex(at) && this.versions[at] === 0) at += step;
    return at;
  }

  /** @param {number} index */
  #isIndex(index) {
    return index >= 0 && index < this.versions.length;
  }
}
