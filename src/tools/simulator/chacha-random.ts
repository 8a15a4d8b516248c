/**
 * The random numbers of the reference's simulator: ChaCha with 12 rounds under a 64-bit seed, as Rust's `rand` 0.8
 * draws them (`StdRng::seed_from_u64`, `gen_range`). Not for secrets.
 *
 * The cipher is Bernstein 2008, "ChaCha, a variant of Salsa20"; the key is drawn from the seed by PCG32 (O'Neill 2014).
 */
const WORDS_PER_BLOCK = 16;
const KEY_WORDS = 8;
const DOUBLE_ROUNDS = 6;
/** "expand 32-byte k" as little-endian words. */
const CONSTANTS: readonly number[] = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const PCG_MULTIPLIER = 6364136223846793005n;
const PCG_INCREMENT = 11634580027462260723n;
const U64_RANGE: bigint = 1n << 64n;

export class ChaChaRandom {
  readonly #input = new Uint32Array(WORDS_PER_BLOCK);
  #block: Uint32Array = this.#input;
  #wordsUsed = WORDS_PER_BLOCK;

  /** `seed` is taken modulo 2^64. */
  constructor(seed: bigint) {
    this.#input.set(CONSTANTS, 0);
    this.#input.set(keyFromSeed(seed), CONSTANTS.length);
  }

  /** Uniform in [0, 2^64): two words, the lower half first. */
  nextU64(): bigint {
    const low = BigInt(this.#nextWord());
    return (BigInt(this.#nextWord()) << 32n) | low;
  }

  /**
   * Uniform in [low, high). The upper half of draw × range; where the lower half says that a longer draw could carry
   * into it, a second draw decides.
   */
  nextInRange(low: bigint, high: bigint): bigint {
    const range = high - low;
    const product = this.nextU64() * range;
    const fraction = product % U64_RANGE;
    const integer = product / U64_RANGE;
    if (fraction <= U64_RANGE - range) return low + integer;
    const carry = fraction + (this.nextU64() * range) / U64_RANGE >= U64_RANGE ? 1n : 0n;
    return low + integer + carry;
  }

  #nextWord(): number {
    if (this.#wordsUsed === WORDS_PER_BLOCK) {
      this.#block = chachaBlock(this.#input);
      this.#wordsUsed = 0;
      countBlock(this.#input);
    }
    return this.#block[this.#wordsUsed++] ?? 0;
  }
}

/** The cipher's key: eight outputs of PCG32. */
export function keyFromSeed(seed: bigint): Uint32Array {
  const key = new Uint32Array(KEY_WORDS);
  let state = seed;
  for (let index = 0; index < KEY_WORDS; index++) {
    state = BigInt.asUintN(64, state * PCG_MULTIPLIER + PCG_INCREMENT);
    const xorShifted = Number(BigInt.asUintN(32, ((state >> 18n) ^ state) >> 27n));
    key[index] = rotateRight(xorShifted, Number(state >> 59n));
  }
  return key;
}

/** The block counter is 64 bits wide, in words 12 (low) and 13. */
function countBlock(input: Uint32Array): void {
  const low = ((input[12] ?? 0) + 1) >>> 0;
  input[12] = low;
  if (low === 0) input[13] = (input[13] ?? 0) + 1;
}

function chachaBlock(input: Uint32Array): Uint32Array {
  const block = input.slice();
  for (let round = 0; round < DOUBLE_ROUNDS; round++) {
    for (let column = 0; column < 4; column++) quarterRound(block, column, column + 4, column + 8, column + 12);
    for (let diagonal = 0; diagonal < 4; diagonal++) {
      const [b, c, d] = [(diagonal + 1) % 4, (diagonal + 2) % 4, (diagonal + 3) % 4];
      quarterRound(block, diagonal, 4 + b, 8 + c, 12 + d);
    }
  }
  return block.map((word, index) => word + (input[index] ?? 0));
}

/** On the words of `block` at these four places; typed-array stores wrap to 32 bits. */
function quarterRound(block: Uint32Array, a: number, b: number, c: number, d: number): void {
  addAndRotate(block, a, b, d, 16);
  addAndRotate(block, c, d, b, 20);
  addAndRotate(block, a, b, d, 24);
  addAndRotate(block, c, d, b, 25);
}

/** sum += addend; mixed = (mixed ^ sum), rotated right by `bits`. */
function addAndRotate(block: Uint32Array, sum: number, addend: number, mixed: number, bits: number): void {
  const added = ((block[sum] ?? 0) + (block[addend] ?? 0)) >>> 0;
  block[sum] = added;
  block[mixed] = rotateRight((block[mixed] ?? 0) ^ added, bits);
}

function rotateRight(word: number, bits: number): number {
  return ((word >>> bits) | (word << (32 - bits))) >>> 0;
}
