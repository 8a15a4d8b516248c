import { beforeEach, describe, expect, test } from "vitest";
import { IoError } from "../../src/errors.ts";
import type { File, FileSystem } from "../../src/fs/file-system.ts";

export type FileSystemUnderTest = { readonly fs: FileSystem; readonly root: string };

/** What every `FileSystem` does. `make` gives one with an empty directory in it. */
export function describeFileSystem(name: string, make: () => FileSystemUnderTest): void {
  describe(name, () => {
    let fs: FileSystem;
    let root: string;
    const at = (path: string): string => `${root}/${path}`;
    beforeEach(() => {
      ({ fs, root } = make());
    });

    function write(path: string, text: string): void {
      const file = fs.open(at(path), "create");
      append(file, text);
      file.close();
    }

    function read(path: string): string {
      const file = fs.open(at(path), "read");
      const text = textOf(file);
      file.close();
      return text;
    }

    describe("open", () => {
      test("create makes an empty file, and empties the one that is there", () => {
        write("x", "");
        expect(read("x")).toBe("");
        write("x", "long");
        write("x", "ab");
        expect(read("x")).toBe("ab");
      });

      test("append goes on where the file ends", () => {
        write("x", "one");
        const file = fs.open(at("x"), "append");
        expect(file.sizeBytes).toBe(3);
        append(file, "two");
        expect(file.sizeBytes).toBe(6);
        expect(textOf(file)).toBe("onetwo");
        file.close();
        expect(read("x")).toBe("onetwo");
      });

      test("createNew makes a file and refuses one that is there", () => {
        fs.open(at("x"), "createNew").close();
        expect(errorOf(() => fs.open(at("x"), "createNew"))).toMatchObject({ systemCode: "EEXIST", path: at("x") });
      });

      test.each(["read", "append"] as const)("%s wants an existing file", (mode) => {
        expect(errorOf(() => fs.open(at("x"), mode)).systemCode).toBe("ENOENT");
        expect(fs.list(root)).toEqual([]);
      });

      test.each(["read", "append", "create"] as const)("%s refuses a directory", (mode) => {
        fs.makeDirectory(at("d"));
        expect(errorOf(() => fs.open(at("d"), mode)).systemCode).toBe("EISDIR");
      });

      test("a file is no parent", () => {
        write("x", "");
        expect(errorOf(() => fs.open(at("x/y"), "create")).systemCode).toBe("ENOTDIR");
        expect(errorOf(() => fs.open(at("no/y"), "create")).systemCode).toBe("ENOENT");
      });

      test("a file opened for reading is not changed", () => {
        write("x", "kept");
        const file = fs.open(at("x"), "read");
        expect(errorOf(() => append(file, "more")).code).toBe("IO_ERROR");
        expect(errorOf(() => file.truncate(1)).code).toBe("IO_ERROR");
        expect(file.sizeBytes).toBe(4);
        file.close();
        expect(read("x")).toBe("kept");
      });
    });

    describe("an open file", () => {
      test("reads any range into any place of a buffer", () => {
        write("x", "0123456789");
        const file = fs.open(at("x"), "read");
        const target = Buffer.from("........");
        expect(file.read(target, 2, 3, 4)).toBe(3);
        expect(target.toString()).toBe("..456...");
        file.close();
      });

      test("reads fewer bytes only at its end, and none behind it", () => {
        write("x", "0123456789");
        const file = fs.open(at("x"), "read");
        const target = Buffer.alloc(8);
        expect(file.read(target, 0, 8, 7)).toBe(3);
        expect(target.toString("latin1", 0, 4)).toBe("789\0");
        expect(file.read(target, 0, 8, 10)).toBe(0);
        expect(file.read(target, 0, 8, 1000)).toBe(0);
        expect(file.read(target, 0, 0, 0)).toBe(0);
        file.close();
      });

      test("appends a range of the bytes, all of it, and keeps none of the caller's buffer", () => {
        const file = fs.open(at("x"), "createNew");
        const bytes = Buffer.from("-abc-");
        file.append(bytes, 1, 4);
        bytes.fill("z");
        file.append(bytes, 0, 0);
        expect(textOf(file)).toBe("abc");
        file.close();
      });

      test("is cut to a size and goes on from there", () => {
        const file = fs.open(at("x"), "createNew");
        append(file, "0123456789");
        file.truncate(4);
        expect(file.sizeBytes).toBe(4);
        append(file, "x");
        file.sync();
        expect(textOf(file)).toBe("0123x");
        expect(() => file.truncate(6)).toThrow("never makes a file longer");
        file.close();
      });

      test("is synced in the background too, and says so once", async () => {
        const file = fs.open(at("x"), "createNew");
        append(file, "abc");
        const answers: (Error | undefined)[] = [];
        await new Promise<void>((resolve) => {
          file.syncInBackground((error) => {
            answers.push(error);
            resolve();
          });
        });
        expect(answers).toEqual([undefined]);
        expect(textOf(file)).toBe("abc");
        file.close();
        expect(() => file.syncInBackground((error) => answers.push(error))).toThrow("closed file");
        expect(answers).toEqual([undefined]);
      });

      test("is read after its name is gone or leads to another file", () => {
        write("x", "old");
        write("y", "new");
        const file = fs.open(at("x"), "read");
        fs.rename(at("y"), at("x"));
        expect(read("x")).toBe("new");
        fs.remove(at("x"));
        expect(textOf(file)).toBe("old");
        file.close();
      });

      test("takes no call after close, and a second close is nothing", () => {
        const file = fs.open(at("x"), "createNew");
        file.close();
        file.close();
        expect(() => append(file, "a")).toThrow("closed file");
        expect(() => file.read(Buffer.alloc(1), 0, 1, 0)).toThrow("closed file");
        expect(() => file.sync()).toThrow("closed file");
      });
    });

    describe("what is read in the background", () => {
      const opened = (path: string) => new Promise<File | Error>((resolve) => fs.openInBackground(at(path), resolve));
      const readInto = (file: File, target: Uint8Array, targetStart: number, length: number, position: number) =>
        new Promise<number | Error>((resolve) => file.readInBackground(target, targetStart, length, position, resolve));

      test("is what a read finds: any range, fewer bytes only at the end", async () => {
        write("x", "0123456789");
        const file = fs.open(at("x"), "read");
        const target = Buffer.from("........");
        expect(await readInto(file, target, 2, 3, 4)).toBe(3);
        expect(target.toString()).toBe("..456...");
        expect(await readInto(file, target, 0, 8, 7)).toBe(3);
        expect(target.toString()).toBe("78956...");
        expect(await readInto(file, target, 0, 8, 10)).toBe(0);
        expect(await readInto(file, target, 0, 0, 0)).toBe(0);
        file.close();
      });

      test("may be many ranges at once", async () => {
        write("x", "0123456789");
        const file = fs.open(at("x"), "read");
        const target = Buffer.from("----------");
        const places = [9, 0, 4, 2, 7];
        await Promise.all(places.map((place) => readInto(file, target, place, 1, place)));
        expect(target.toString()).toBe("0-2-4--7-9");
        file.close();
      });

      test("comes from a file that was opened in the background as any other", async () => {
        write("x", "0123456789");
        const file = await opened("x");
        if (file instanceof Error) throw file;
        expect([file.path, file.sizeBytes, textOf(file)]).toEqual([at("x"), 10, "0123456789"]);
        expect(errorOf(() => append(file, "more")).code).toBe("IO_ERROR");
        file.close();
      });

      test("is refused where open and read are refused", async () => {
        fs.makeDirectory(at("d"));
        expect(await opened("no")).toMatchObject({ code: "IO_ERROR", systemCode: "ENOENT" });
        expect(await opened("d")).toMatchObject({ systemCode: "EISDIR" });
        write("x", "");
        const file = fs.open(at("x"), "read");
        file.close();
        expect(() => file.readInBackground(Buffer.alloc(1), 0, 1, 0, () => {})).toThrow("closed file");
      });
    });

    describe("copyInBackground", () => {
      const copied = (from: string, to: string) =>
        new Promise<Error | undefined>((resolve) => fs.copyInBackground(at(from), at(to), resolve));

      test("makes a file of the same bytes and of its own", async () => {
        write("x", "same");
        expect(await copied("x", "y")).toBeUndefined();
        expect(fs.stat(at("y"))?.inode).not.toBe(fs.stat(at("x"))?.inode);
        write("x", "other");
        expect(read("y")).toBe("same");
        write("empty", "");
        expect(await copied("empty", "z")).toBeUndefined();
        expect(read("z")).toBe("");
      });

      test("wants a file, and a name that is free", async () => {
        write("x", "x");
        write("y", "y");
        fs.makeDirectory(at("d"));
        expect(await copied("no", "z")).toMatchObject({ code: "IO_ERROR", systemCode: "ENOENT" });
        expect(await copied("x", "no/z")).toMatchObject({ systemCode: "ENOENT" });
        expect(await copied("x", "y")).toMatchObject({ systemCode: "EEXIST" });
        expect(await copied("d", "z")).toMatchObject({ systemCode: "EISDIR" });
        expect(read("y")).toBe("y");
      });
    });

    describe("names", () => {
      test("list gives files and directories, without . and ..", () => {
        write("x", "");
        fs.makeDirectory(at("d/e"));
        expect(fs.list(root).sort()).toEqual(["d", "x"]);
        expect(fs.list(at("d"))).toEqual(["e"]);
        expect(fs.list(at("d/e"))).toEqual([]);
      });

      test("list wants a directory", () => {
        write("x", "");
        expect(errorOf(() => fs.list(at("x"))).systemCode).toBe("ENOTDIR");
        expect(errorOf(() => fs.list(at("no"))).systemCode).toBe("ENOENT");
      });

      test("stat says kind, size, device and inode, and undefined for nothing", () => {
        write("x", "abc");
        fs.makeDirectory(at("d"));
        expect(fs.stat(at("x"))).toMatchObject({ kind: "file", sizeBytes: 3 });
        expect(fs.stat(at("d"))?.kind).toBe("directory");
        expect(fs.stat(at("no"))).toBeUndefined();
        expect(fs.stat(at("x/no"))).toBeUndefined();
        expect(fs.stat(at("no/no"))).toBeUndefined();
      });

      test("the inode belongs to the file and not to the name", () => {
        write("x", "");
        write("y", "");
        const before = fs.stat(at("x"));
        expect(fs.stat(at("y"))?.inode).not.toBe(before?.inode);
        fs.rename(at("x"), at("y"));
        expect(fs.stat(at("y"))).toEqual(before);
        expect(fs.stat(root)?.device).toBe(before?.device);
      });

      test("makeDirectory makes missing parents and is content with what is there", () => {
        fs.makeDirectory(at("a/b/c"));
        fs.makeDirectory(at("a/b/c"));
        fs.makeDirectory(at("a"));
        expect(fs.list(at("a/b"))).toEqual(["c"]);
      });

      test("makeDirectory refuses a file at its place or above it", () => {
        write("x", "");
        expect(errorOf(() => fs.makeDirectory(at("x"))).systemCode).toBe("ENOTDIR");
        expect(errorOf(() => fs.makeDirectory(at("x/y"))).systemCode).toBe("ENOTDIR");
      });

      test("rename replaces a file and leaves no old name", () => {
        write("x", "from x");
        write("y", "old y");
        fs.rename(at("x"), at("y"));
        expect(fs.list(root)).toEqual(["y"]);
        expect(read("y")).toBe("from x");
      });

      test("rename to its own name changes nothing", () => {
        write("x", "same");
        fs.rename(at("x"), at("x"));
        expect(read("x")).toBe("same");
      });

      test("rename wants something to rename, and puts no file over a directory", () => {
        write("x", "");
        fs.makeDirectory(at("d"));
        expect(errorOf(() => fs.rename(at("no"), at("y"))).systemCode).toBe("ENOENT");
        expect(errorOf(() => fs.rename(at("x"), at("d"))).systemCode).toBe("EISDIR");
        expect(errorOf(() => fs.rename(at("d"), at("x"))).systemCode).toBe("ENOTDIR");
      });

      test("remove takes a file away, once, and no directory", () => {
        write("x", "");
        fs.makeDirectory(at("d"));
        fs.remove(at("x"));
        expect(fs.list(root)).toEqual(["d"]);
        expect(errorOf(() => fs.remove(at("x"))).systemCode).toBe("ENOENT");
        expect(errorOf(() => fs.remove(at("d"))).code).toBe("IO_ERROR");
      });

      test("removeDirectory takes an empty directory away and nothing else", () => {
        write("x", "");
        fs.makeDirectory(at("d/e"));
        expect(errorOf(() => fs.removeDirectory(at("d"))).systemCode).toBe("ENOTEMPTY");
        fs.removeDirectory(at("d/e"));
        fs.removeDirectory(at("d"));
        expect(fs.list(root)).toEqual(["x"]);
        expect(errorOf(() => fs.removeDirectory(at("x"))).systemCode).toBe("ENOTDIR");
        expect(errorOf(() => fs.removeDirectory(at("d"))).systemCode).toBe("ENOENT");
      });

      test("link gives a file a second name, in another directory too, and each name goes by itself", () => {
        write("x", "same");
        fs.makeDirectory(at("d"));
        fs.link(at("x"), at("d/y"));
        expect([read("x"), read("d/y")]).toEqual(["same", "same"]);
        expect(fs.stat(at("d/y"))).toEqual(fs.stat(at("x")));
        fs.remove(at("x"));
        expect(read("d/y")).toBe("same");
        write("x", "other");
        expect(read("d/y")).toBe("same");
      });

      test("link wants a file, and a name that is free", () => {
        write("x", "x");
        write("y", "y");
        fs.makeDirectory(at("d"));
        expect(errorOf(() => fs.link(at("no"), at("z"))).systemCode).toBe("ENOENT");
        expect(errorOf(() => fs.link(at("x"), at("no/z"))).systemCode).toBe("ENOENT");
        expect(errorOf(() => fs.link(at("x"), at("y"))).systemCode).toBe("EEXIST");
        expect(errorOf(() => fs.link(at("d"), at("z"))).systemCode).toBe("EPERM");
        expect(read("y")).toBe("y");
      });

      test("syncDirectory wants a directory", () => {
        write("x", "");
        fs.syncDirectory(root);
        expect(errorOf(() => fs.syncDirectory(at("x"))).systemCode).toBe("ENOTDIR");
        expect(errorOf(() => fs.syncDirectory(at("no"))).systemCode).toBe("ENOENT");
      });
    });
  });
}

function append(file: File, text: string): void {
  const bytes = Buffer.from(text);
  file.append(bytes, 0, bytes.length);
}

function textOf(file: File): string {
  const bytes = Buffer.alloc(100);
  return bytes.toString("latin1", 0, file.read(bytes, 0, bytes.length, 0));
}

function errorOf(call: () => unknown): IoError {
  try {
    call();
  } catch (error) {
    if (error instanceof IoError) return error;
    throw error;
  }
  throw new Error("the call went well");
}
