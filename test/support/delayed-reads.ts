import type { File, FileSystem } from "../../src/fs/file-system.ts";
import { orIoError } from "../../src/fs/or-io-error.ts";
import { randomOf } from "./random.ts";

/** What a file system does of its own accord, and when: opening and reading in the background end when a test says so, in an order that the seed decides. */
export class DelayedReads {
  /** Reads of files with this ending that somebody waited for, and those in the background, begun so far. */
  synchronous = 0;
  begun = 0;
  /** The most that were under way at once. */
  most = 0;
  readonly #ending: string;
  readonly #random: (below: number) => number;
  readonly #pending: (() => void)[] = [];

  constructor(fs: FileSystem, seed = 1, ending = ".sst") {
    this.#ending = ending;
    this.#random = randomOf(seed);
    this.#take(fs);
  }

  get underWay(): number {
    return this.#pending.length;
  }

  /** Lets one of those under way end; false when there is none. */
  endOne(): boolean {
    const [end] = this.#pending.splice(this.#random(this.#pending.length), 1);
    end?.();
    return end !== undefined;
  }

  endAll(): void {
    while (this.endOne());
  }

  /** Lets them end one per turn of the event loop until the promise is settled, and answers it. */
  async until<Result>(promise: Promise<Result>): Promise<Result> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    for (let idle = 0; !isSettled; idle = this.endOne() ? 0 : idle + 1) {
      if (idle > 1000) throw new Error("nothing is under way, and the promise waits for ever");
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return settled;
  }

  #take(fs: FileSystem): void {
    const { open } = fs;
    fs.open = (path, mode) => this.#watched(open.call(fs, path, mode));
    fs.openInBackground = (path, done) => this.#later(() => done(orIoError(() => fs.open(path, "read"))));
  }

  #watched(file: File): File {
    if (!file.path.endsWith(this.#ending)) return file;
    const { read } = file;
    file.read = (...place) => {
      this.synchronous++;
      return read.apply(file, place);
    };
    file.readInBackground = (target, targetStart, length, position, done) => {
      this.begun++;
      this.#later(() => done(orIoError(() => read.call(file, target, targetStart, length, position))));
    };
    return file;
  }

  #later(end: () => void): void {
    this.#pending.push(end);
    this.most = Math.max(this.most, this.#pending.length);
  }
}
