import { KEY_BYTES, newRandom, readIndex, writeKey } from "../data.js";
import { WrongAnswer } from "./model.js";
import { STEP } from "./plans.js";

const WRITES = [STEP.put, STEP.delete, STEP.batch, STEP.modify, STEP.putsAtOnce, STEP.syncedPuts];
/** To read the clock takes a twentieth of a cached get, so steps that only read are timed one in so many. */
const READS_PER_CLOCK = 16;

/** Does the steps of a plan on a store and checks every answer against the model. */
export class Session {
  #store;
  #model;
  #plan;
  #writes;

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./model.js").Model} model
   * @param {import("./plans.js").Plan} plan
   * @param {number} valueBytes
   */
  constructor(store, model, plan, valueBytes) {
    this.#store = store;
    this.#model = model;
    this.#plan = plan;
    // As many buffers as one step writes: whoever keeps them until it is answered must find them unchanged.
    this.#writes = Array.from({ length: plan.width }, (_, index) => [newKey(), newValue(valueBytes, index)]);
    this.steps = plan.kinds.length;
    /** How often the clock is read. */
    this.clockEvery = plan.kinds.some((kind) => WRITES.includes(kind)) ? 1 : READS_PER_CLOCK;
  }

  /** Does a step; what it answers belongs to `check`. @param {number} step */
  ask(step) {
    const { kinds, indexes, width } = this.#plan;
    const index = indexes[step * width];
    const [key, value] = this.#writes[0];
    switch (kinds[step]) {
      case STEP.put:
        this.#model.write(index, key, value);
        return this.#store.put(key, value);
      case STEP.get:
        writeKey(key, index * 2);
        return this.#store.get(key);
      case STEP.getMissing:
        writeKey(key, index * 2 + 1);
        return this.#store.get(key);
      case STEP.delete:
        this.#model.remove(index, key);
        return this.#store.delete(key);
      case STEP.batch:
        return this.#store.batch(this.#prepareWrites(step));
      case STEP.getMany:
        return this.#store.getMany(this.#prepareKeys(step));
      case STEP.scan:
        writeKey(key, index * 2);
        return this.#store.scan(key, this.#lengthOf(step));
      case STEP.modify:
        return this.#modify(index, key, value);
      case STEP.putsAtOnce:
        return Promise.all(this.#prepareWrites(step).map(([key, value]) => this.#store.put(key, value)));
      default:
        return Promise.all(this.#prepareWrites(step).map(([key, value]) => this.#store.putSynced(key, value)));
    }
  }

  /** Throws unless a step's answer was right. @param {number} step @param {any} answer */
  check(step, answer) {
    const { kinds, indexes, width } = this.#plan;
    const index = indexes[step * width];
    switch (kinds[step]) {
      case STEP.get:
        this.#model.checkValue(index, answer);
        break;
      case STEP.getMissing:
        this.#model.checkMissing(index, answer);
        break;
      case STEP.getMany:
        if (answer.length !== width) throw new WrongAnswer(`${width} gets have ${answer.length} answers`);
        for (let at = 0; at < width; at++) this.#model.checkValue(indexes[step * width + at], answer[at]);
        break;
      case STEP.scan:
        this.#model.checkEntries(index, 1, this.#lengthOf(step), answer);
    }
  }

  /** Whether a check takes so long that the clock should stand still for it. @param {number} step */
  isSlowToCheck(step) {
    return this.#plan.kinds[step] === STEP.scan;
  }

  /** Entries that the plan reads or writes. */
  get operations() {
    return this.steps * this.#plan.width;
  }

  /** Bytes of keys and values that the plan writes. */
  get bytesWritten() {
    const [key, value] = this.#writes[0];
    const { kinds, width } = this.#plan;
    const puts = kinds.reduce((sum, kind) => sum + (WRITES.includes(kind) && kind !== STEP.delete ? 1 : 0), 0);
    const deletes = kinds.reduce((sum, kind) => sum + (kind === STEP.delete ? 1 : 0), 0);
    return (puts * (key.length + value.length) + deletes * key.length) * width;
  }

  /** @param {number} step */
  #lengthOf(step) {
    return this.#plan.lengths?.[step] ?? 1;
  }

  /** @param {number} index @param {Buffer} key @param {Buffer} value */
  #modify(index, key, value) {
    writeKey(key, index * 2);
    const found = this.#store.get(key);
    const write = (/** @type {Uint8Array | undefined} */ old) => {
      this.#model.checkValue(index, old);
      this.#model.write(index, key, value);
      return this.#store.put(key, value);
    };
    return found instanceof Promise ? found.then(write) : write(found);
  }

  /** @param {number} step */
  #prepareWrites(step) {
    const { indexes, width } = this.#plan;
    for (let at = 0; at < width; at++) this.#model.write(indexes[step * width + at], ...this.#writes[at]);
    return this.#writes;
  }

  /** @param {number} step */
  #prepareKeys(step) {
    const { indexes, width } = this.#plan;
    return this.#writes.map(([key], at) => {
      writeKey(key, indexes[step * width + at] * 2);
      return key;
    });
  }
}

/** Adds up what the values of a sweep say, which is quick and differs where an entry is left out or comes twice. */
export class Tally {
  count = 0;
  sum = 0;

  /** @param {Uint8Array} bytes @param {number} start */
  add(bytes, start) {
    this.count++;
    this.sum += readIndex(bytes, start);
  }
}

function newKey() {
  return Buffer.alloc(KEY_BYTES, "0");
}

/** Bytes that do not compress. @param {number} length @param {number} seed */
function newValue(length, seed) {
  const random = newRandom(seed + 1);
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}
