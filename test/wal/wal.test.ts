import { beforeEach, describe, expect, test } from "vitest";
import type { File } from "../../src/fs/file-system.ts";
import type { Injection, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { nativeLogHeader } from "../../src/wal/native-record.ts";
import { Wal } from "../../src/wal/wal.ts";
import { bytesOf, DATABASE_ID, HEADER, LOG_ID, writtenLog } from "../support/native-log.ts";
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

/** The bytes of a file that stands where a log is to be made. */
function leftover(bytes: Uint8Array): void {
  const file = fs.open(LOG_PATH, "createNew");
  file.append(bytes, 0, bytes.length);
  file.close();
}

describe("a log with a header", () => {
  test("begins with it, in the system's hands at once and durable with the first sync", () => {
    const wal = Wal.create(fs, LOG_PATH, HEADER);
    fs.syncDirectory("/");
    expect(bytesOf(fs.killed())).toEqual(Buffer.from(HEADER));
    expect(bytesOf(fs.crash("none")).length).toBe(0);
    expect(wal.sizeBytes).toBe(HEADER.length);
    wal.sync();
    expect(bytesOf(fs.crash("none"))).toEqual(Buffer.from(HEADER));
  });

  test.each([
    ["nothing", HEADER.subarray(0, 0)],
    ["a header", HEADER],
    ["the beginning of a header", HEADER.subarray(0, 17)],
    ["zeros where a header was to be", new Uint8Array(HEADER.length)],
    ["a header with its end lost", Buffer.concat([HEADER.subarray(0, 20), new Uint8Array(10)])],
  ])("takes over a file with %s", (_, bytes) => {
    leftover(bytes);
    Wal.create(fs, LOG_PATH, HEADER).close();
    expect(bytesOf(fs)).toEqual(Buffer.from(HEADER));
  });

  test.each([
    ["a record", writtenLog(["a=1"]).bytes],
    ["a zero behind its header", Buffer.concat([HEADER, new Uint8Array(1)])],
    ["the header of another log", nativeLogHeader(DATABASE_ID, LOG_ID + 1)],
    ["a byte that is of no header", HEADER.subarray(0, 5).with(4, 1)],
  ])("is not made over a file with %s, which stays", (_, bytes) => {
    leftover(bytes);
    expect(() => Wal.create(fs, LOG_PATH, HEADER)).toThrow(
      expect.objectContaining({ code: "CORRUPTION", file: LOG_PATH }),
    );
    expect(bytesOf(fs)).toEqual(Buffer.from(bytes));
    expect(fs.openFiles).toBe(0);
  });

  test("leaves no file behind when the header cannot be written", () => {
    inject({ append: { shortWriteBytes: 7 } });
    expect(() => Wal.create(fs, LOG_PATH, HEADER)).toThrow("ENOSPC");
    expect(fs.stat(LOG_PATH)).toBeUndefined();
    expect(fs.openFiles).toBe(0);
  });

  test("leaves the first error to be seen when the file cannot be removed either", () => {
    inject({ append: { shortWriteBytes: 7 }, remove: "EIO" });
    expect(() => Wal.create(fs, LOG_PATH, HEADER)).toThrow("ENOSPC");
    inject({});
    Wal.create(fs, LOG_PATH, HEADER).close();
    expect(bytesOf(fs)).toEqual(Buffer.from(HEADER));
  });
});

describe("how much of a log is durable", () => {
  test("is known after a sync, and not after an append", () => {
    const wal = create();
    expect(wal.syncedBytes).toBe(0);
    wal.append(A);
    expect(wal.syncedBytes).toBe(0);
    wal.sync();
    expect(wal.syncedBytes).toBe(A.length);
    wal.append(B);
    expect(wal.syncedBytes).toBe(A.length);
  });

  test("is known after a failed append was cut back, which syncs", () => {
    const wal = create();
    wal.append(A);
    inject({ append: { shortWriteBytes: 1 } });
    expect(() => wal.append(B)).toThrow();
    expect(wal.syncedBytes).toBe(A.length);
  });

  test("is no more than before when a sync failed", () => {
    const wal = create();
    wal.append(A);
    wal.sync();
    wal.append(B);
    inject({ sync: "EIO" });
    expect(() => wal.sync()).toThrow();
    wal.syncInBackground(() => {});
    expect(wal.syncedBytes).toBe(A.length);
  });

  test("stands in the records of a native log", () => {
    const { starts, synced } = writtenLog(["a=1", "b=2", "sync", "c=3", "d=4", "sync", "e=5"]);
    expect(synced).toEqual([0, 0, starts[2], starts[2], starts[4]]);
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

  test("make durable what was appended before them, once they have ended", () => {
    wal.append(B);
    expect(wal.syncedBytes).toBe(0);
    patient.running[1]?.(undefined);
    expect(wal.syncedBytes).toBe(A.length);
    wal.sync();
    patient.running[0]?.(undefined);
    expect(wal.syncedBytes).toBe(BOTH.length);
  });

  test("prove nothing any more after one of them failed", () => {
    patient.running[1]?.(new Error("EIO"));
    patient.running[0]?.(undefined);
    expect(wal.syncedBytes).toBe(0);
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
