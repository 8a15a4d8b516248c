/** As many as are filled while a flush is under way, twice. */
const SPARES_MAX = 8;
/** What one large memtable took goes back to the system. */
const SPARE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Memory of memtables that nobody reads any more, for those to come.
 *
 * Without it a store that is written to without end leaves shared buffers to the garbage collector, which does not count
 * them as a reason to run: `docs/decisions/020-spare-arenas.md` has the figures.
 */
export class ArenaSpares {
  readonly #buffers: SharedArrayBuffer[] = [];

  /** Zeroed memory of at least so many bytes and at most twice as many; undefined when there is none. */
  take(bytes: number): SharedArrayBuffer | undefined {
    const found = this.#buffers.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
    if (found < 0) return undefined;
    const [buffer] = this.#buffers.splice(found, 1);
    if (buffer !== undefined) new Uint8Array(buffer).fill(0);
    return buffer;
  }

  /** Takes memory that nobody reads or writes any more. */
  give(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength > SPARE_BYTES_MAX) return;
    if (this.#buffers.length === SPARES_MAX) this.#buffers.shift();
    this.#buffers.push(buffer);
  }
}
