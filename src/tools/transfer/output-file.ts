import { LsmError } from "../../errors.ts";
import type { File } from "../../fs/file-system.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { type TargetPlace, unfinishedPath, withArticle } from "../target/target-place.ts";

/** A file that appears under its name when it is complete and on disk; until then it is called `NAME.unfinished`. */
export class OutputFile {
  readonly #target: TargetPlace;
  readonly #file: File;
  #isPublished = false;

  private constructor(target: TargetPlace, file: File) {
    this.#target = target;
    this.#file = file;
  }

  /** Throws LsmError IO_ERROR when something is in the way: nothing is replaced. */
  static create(target: TargetPlace): OutputFile {
    refuseTaken(target);
    const unfinished = unfinishedPath(target);
    if (nodeFileSystem.stat(unfinished) !== undefined) {
      throw new LsmError("IO_ERROR", `${unfinished} is in the way: remove it, unless another ${target.work} writes it`);
    }
    return new OutputFile(target, nodeFileSystem.open(unfinished, "createNew"));
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#file.append(bytes, 0, bytes.length);
  }

  publish(): void {
    this.#file.sync();
    refuseTaken(this.#target);
    nodeFileSystem.rename(unfinishedPath(this.#target), this.#target.path);
    this.#isPublished = true;
    nodeFileSystem.syncDirectory(this.#target.parent);
  }

  /** Removes the file, unless it was published. */
  [Symbol.dispose](): void {
    this.#file.close();
    if (!this.#isPublished) nodeFileSystem.remove(unfinishedPath(this.#target));
  }
}

function refuseTaken({ given, path, work }: TargetPlace): void {
  if (nodeFileSystem.stat(path) === undefined) return;
  throw new LsmError("IO_ERROR", `${given} is there already: ${withArticle(work)} replaces nothing`);
}
