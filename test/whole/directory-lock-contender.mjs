// A process that takes and releases directory locks as its parent tells it to; see directory-lock.test.ts.
import { randomBytes } from "node:crypto";
import { closeSync, openSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { acquireDirectoryLock } from "../../build/fs/directory-lock.js";
import { takeLockFile } from "../../build/fs/lock-file.js";
import { thisHolder } from "../../build/fs/lock-holder.js";

/** `file`: without the socket, as on systems that have none. */
async function take(directory, way) {
  if (way === "socket") return acquireDirectoryLock(directory);
  const identity = { token: randomBytes(8).toString("hex"), socket: null };
  return takeLockFile(directory, thisHolder({ ...identity, directoryInode: String(statSync(directory).ino) }));
}

let lock;

const commands = {
  async take({ directory, way }) {
    try {
      lock = await take(directory, way);
      return { won: true };
    } catch (error) {
      if (error.code !== "LOCKED") throw error;
      return { won: false, message: error.message };
    }
  },
  async release() {
    await lock.release();
    lock = undefined;
    return {};
  },
  /** Takes the lock again and again; while it has it, nobody else may have made the file `owner`. */
  async contend({ directory, way, tries }) {
    let won = 0;
    for (let index = 0; index < tries; index++) {
      await new Promise(setImmediate);
      if (!(await commands.take({ directory, way })).won) continue;
      won++;
      const owner = join(directory, "owner");
      closeSync(openSync(owner, "wx"));
      unlinkSync(owner);
      await commands.release();
    }
    return { won };
  },
};

process.on("message", async (message) => {
  try {
    process.send({ answer: await commands[message.command](message) });
  } catch (error) {
    process.send({ failure: `${error.stack}` });
  }
});
process.send({ answer: "ready" });
