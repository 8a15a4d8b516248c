import { beforeEach, describe, expect, test } from "vitest";
import type { File } from "../../src/fs/file-system.ts";
import type { Injection, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { Wal } from "../../src/wal/wal.ts";
import { LOG_PATH, logBatch, readInto } from "../support/wal-notation.ts";

let fs: MemoryFileSystem;
beforeEach(() => {
  fs = new MemoryFileSystem();
});

const A = logBatch("plain", "a=1");
const B = logBatch("plain", "b=2");
const BOTH = logBatch("plain", "a=1", "b=2");

function shownIn(of: MemoryFileSystem): string {
  const shown: string[] = [];
  const { tornBytes } = readInto(shown, of, "plain", "strict");
  return tornBytes === 0 ? shown.join(" ") : `${shown.join(" ")} and ${tornBytes} torn bytes`;
}

/** Refuses calls of these kinds; what is not named goes on. */
function inject(refusals: Partial<Record<Operation, Injection>>): void {
  fs.beforeCall = (call) => refusals[call.operation];
}

function create(): Wal {
  const wal = Wal.create(fs, LOG_PATH);
  fs.syncDirectory("/");
  return wal;
}

describe("a log", () => {
  test("gives back what was appended, and knows its name and size", () => {
    const wal = create();
    wal.append(A);
    wal.append(B);
    expect(wal.path).toBe(LOG_PATH);
    expect(wal.sizeBytes).toBe(BOTH.length);
    wal.close();
    expect(shownIn(fs)).toBe("a=1 b=2");
  });

  test("survives a killed process from the append on, and a power cut from the sync on", () => {
    const wal = create();
    wal.append(A);
    wal.sync();
    wal.append(B);
    expect(shownIn(fs.killed())).toBe("a=1 b=2");
    expect(shownIn(fs.crash("none"))).toBe("a=1");
  });

  test("takes over an empty file, which a crash before the announcement left", () => {
    create().close();
    const wal = create();
    wal.append(A);
    wal.close();
    expect(shownIn(fs)).toBe("a=1");
  });

  test("is not made over one with bytes in it, which stay", () => {
    const wal = create();
    wal.append(A);
    wal.close();
    expect(() => create()).toThrow(expect.objectContaining({ code: "CORRUPTION", file: LOG_PATH }));
    expect(shownIn(fs)).toBe("a=1");
    expect(fs.openFiles).toBe(0);
  });

  test("takes no call after close", () => {
    const wal = create();
    wal.close();
    wal.close();
    expect(() => wal.append(A)).toThrow("closed log");
    expect(() => wal.sync()).toThrow("closed log");
    expect(() => wal.syncInBackground(() => {})).toThrow("closed log");
    expect(fs.openFiles).toBe(0);
  });
});

describe("an append that fails", () => {
  test.each([0, 1, A.length - 1])(
    "after %i bytes is cut off again, durably, and the log goes on",
    (shortWriteBytes) => {
      const wal = create();
      wal.append(A);
      inject({ append: { shortWriteBytes } });
      expect(() => wal.append(B)).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
      expect(wal.failure).toBeUndefined();
      expect(wal.sizeBytes).toBe(A.length);
      expect(shownIn(fs.crash("all"))).toBe("a=1");
      expect(shownIn(fs.crash("none"))).toBe("a=1");

      inject({});
      wal.append(B);
      expect(shownIn(fs)).toBe("a=1 b=2");
    },
  );

  test("takes nothing of its group, not even the records that got in whole", () => {
    const wal = create();
    inject({ append: { shortWriteBytes: A.length + 3 } });
    expect(() => wal.append(BOTH)).toThrow();
    expect(shownIn(fs)).toBe("");
  });

  test.each(["truncate", "sync"] as const)(
    "and whose cut fails in %s ends the log's use with the first error",
    (step) => {
      const wal = create();
      wal.append(A);
      inject({ append: { shortWriteBytes: 3 }, [step]: "EIO" });
      const refused = expect.objectContaining({ systemCode: "ENOSPC" });
      expect(() => wal.append(B)).toThrow(refused);
      expect(wal.failure).toEqual(refused);

      inject({});
      const effects = fs.effectCount;
      expect(() => wal.append(B)).toThrow(refused);
      expect(() => wal.sync()).toThrow(refused);
      wal.syncInBackground((error) => expect(error).toEqual(refused));
      expect(fs.effectCount).toBe(effects);
    },
  );
});

describe.each([
  ["sync", (wal: Wal): void => expect(() => wal.sync()).toThrow("EIO")],
  [
    "sync in the background",
    (wal: Wal): void => wal.syncInBackground((error) => expect(error?.message).toMatch("EIO")),
  ],
])("a failed %s", (_, fail) => {
  test("ends the log's use with its error, and nothing is tried again", () => {
    const wal = create();
    wal.append(A);
    inject({ sync: "EIO" });
    fail(wal);

    inject({});
    const effects = fs.effectCount;
    expect(() => wal.append(B)).toThrow("EIO");
    expect(() => wal.sync()).toThrow("EIO");
    const answers: (Error | undefined)[] = [];
    wal.syncInBackground((error) => answers.push(error));
    expect(answers).toEqual([wal.failure]);
    expect(wal.failure).toBeDefined();
    expect(fs.effectCount).toBe(effects);
  });
});

/** Files whose background syncs end when the test says so. */
class PatientFileSystem extends MemoryFileSystem {
  readonly running: ((error: Error | undefined) => void)[] = [];

  override open(...call: Parameters<MemoryFileSystem["open"]>): File {
    const file = super.open(...call);
    file.syncInBackground = (done) => this.running.push(done);
    return file;
  }
}

describe("syncs in the background", () => {
  let patient: PatientFileSystem;
  let wal: Wal;
  const answers: (Error | undefined)[] = [];
  beforeEach(() => {
    patient = new PatientFileSystem();
    wal = Wal.create(patient, LOG_PATH);
    answers.length = 0;
    wal.append(A);
    for (let count = 0; count < 2; count++) wal.syncInBackground((error) => answers.push(error));
  });

  test("answer when they end, and appends go on meanwhile", () => {
    wal.append(B);
    expect(answers).toEqual([]);
    patient.running[0]?.(undefined);
    expect(answers).toEqual([undefined]);
  });

  test("keep the file open until the last has ended", () => {
    wal.close();
    patient.running[1]?.(undefined);
    expect(patient.openFiles).toBe(1);
    patient.running[0]?.(undefined);
    expect(patient.openFiles).toBe(0);
    expect(answers).toEqual([undefined, undefined]);
  });

  test("all answer with the failure of the first, of which the system speaks only once", () => {
    const failure = new Error("EIO");
    patient.running[1]?.(failure);
    patient.running[0]?.(undefined);
    expect(answers).toEqual([failure, failure]);
    expect(() => wal.append(B)).toThrow(failure);
  });
});
