import type { File } from "../../src/fs/file-system.ts";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { SimulatedTime } from "./simulated-time.ts";

let asked: Error | undefined;

/** An error from where the call that is under way was asked for; undefined when that is where it is made. */
export function requestOfCall(): Error | undefined {
  return asked;
}

/**
 * Lets everything that a file system does in the background end when `time` says so; what it does happens when it is
 * asked for, or when it ends. The same for its successors.
 */
export function withSlowDisk(fs: MemoryFileSystem, time: SimulatedTime): MemoryFileSystem {
  const { open, openInBackground, removeInBackground, copyInBackground, killed, crash } = fs;
  const later = <Outcome>(begin: (done: (outcome: Outcome) => void) => void, done: (outcome: Outcome) => void) => {
    const request = new Error();
    const beginLate = (): void => {
      asked = request;
      try {
        begin(done);
      } finally {
        asked = undefined;
      }
    };
    if (time.isHeads()) time.inBackground(beginLate);
    else begin((outcome) => time.inBackground(() => done(outcome)));
  };
  const slow = (file: File): File => {
    const { syncInBackground, readInBackground } = file;
    file.syncInBackground = (done) => later((end) => syncInBackground.call(file, end), done);
    file.readInBackground = (target, start, length, position, done) =>
      later((end) => readInBackground.call(file, target, start, length, position, end), done);
    return file;
  };
  fs.open = (path, mode) => slow(open.call(fs, path, mode));
  fs.openInBackground = (path, done) => later((end) => openInBackground.call(fs, path, end), done);
  fs.removeInBackground = (path, done) => later((end) => removeInBackground.call(fs, path, end), done);
  fs.copyInBackground = (from, to, done) => later((end) => copyInBackground.call(fs, from, to, end), done);
  fs.killed = () => withSlowDisk(killed.call(fs), time);
  fs.crash = (choice) => withSlowDisk(crash.call(fs, choice), time);
  return fs;
}
