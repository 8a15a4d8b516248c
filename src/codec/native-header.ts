import { CorruptionError, LsmError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32 } from "./crc32.ts";

/**
 * The first bytes of every file of a `native` database.
 *
 *   | magic 8 | version u16 | file kind u8 | 0 u8 | database id 16 | file id u64 | crc u32 |
 *
 * Integers are big-endian; the checksum covers all that stands before it. A file tells by its magic that it is ours, by
 * the database id that it was not copied in from elsewhere, and by kind and file id that it has not changed its name.
 */
const SIZE_VERSION = 2;
const SIZE_KIND = 1;
const SIZE_ZERO = 1;
const SIZE_FILE_ID = 8;
const SIZE_CHECKSUM = 4;

/** Begins with a byte that is no text and breaks when line ends or the eighth bit are "corrected". */
export const NATIVE_MAGIC: Uint8Array = Uint8Array.of(0x89, 0x6d, 0x6c, 0x73, 0x6d, 0x0d, 0x0a, 0x1a);
export const SIZE_DATABASE_ID = 16;
export const SIZE_NATIVE_HEADER: number =
  NATIVE_MAGIC.length + SIZE_VERSION + SIZE_KIND + SIZE_ZERO + SIZE_DATABASE_ID + SIZE_FILE_ID + SIZE_CHECKSUM;

/** The newest version of the format that this program reads, and the one it writes. */
export const NATIVE_VERSION = 1;

/** On-disk values. Never renumber. */
export const NATIVE_FILE_KIND = { manifest: 1, table: 2, log: 3 } as const;
export type NativeFileKind = (typeof NATIVE_FILE_KIND)[keyof typeof NATIVE_FILE_KIND];

/** What the name and place of a file say that its header must say. */
export type NativeFile = {
  readonly kind: NativeFileKind;
  /** Bytes, `SIZE_DATABASE_ID` of them. */
  readonly databaseId: Uint8Array;
  /** 0 for the manifest. */
  readonly fileId: number;
};

export function encodeNativeHeader(file: NativeFile): Uint8Array {
  const writer = new ByteWriter(SIZE_NATIVE_HEADER);
  writer.bytes(NATIVE_MAGIC, 0, NATIVE_MAGIC.length).u16(NATIVE_VERSION).u8(file.kind).u8(0);
  writer.bytes(file.databaseId, 0, SIZE_DATABASE_ID).u64(file.fileId);
  return writer.u32(crc32(writer.buffer, 0, writer.length)).buffer;
}

/** Whether bytes begin as a file of a `native` database does. */
export function hasNativeMagic(bytes: Uint8Array): boolean {
  return bytes.length >= NATIVE_MAGIC.length && NATIVE_MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads the header at the beginning of `bytes`. Throws CorruptionError where it is not whole, and LsmError UNSUPPORTED
 * for a version that a newer program wrote.
 */
export function decodeNativeHeader(bytes: Uint8Array, path: string): NativeFile {
  const reader = new ByteReader(bytes, 0, Math.min(bytes.length, SIZE_NATIVE_HEADER), path, 0);
  if (!hasNativeMagic(bytes)) reader.fail(0, "the file does not begin as one of a native database");
  reader.skip(NATIVE_MAGIC.length);
  const version = reader.u16();
  const kind = reader.u8();
  reader.skip(SIZE_ZERO);
  const databaseId = reader.view(SIZE_DATABASE_ID).slice();
  const fileIdAt = reader.position;
  reader.skip(SIZE_FILE_ID);
  const checksumAt = reader.position;
  if (reader.u32() !== crc32(bytes, 0, checksumAt)) reader.fail(0, "the checksum of the file header does not match");
  if (version > NATIVE_VERSION) throw newerVersion(path, version);
  const fileId = new ByteReader(bytes, fileIdAt, checksumAt, path, 0).u64();
  if (version > 0 && isKind(kind)) return { kind, databaseId, fileId };
  return reader.fail(0, `a file of kind ${kind} and version ${version} is unknown`);
}

/** Throws as `decodeNativeHeader`, and CorruptionError where the header belongs to another file than expected. */
export function checkNativeHeader(bytes: Uint8Array, path: string, expected: NativeFile): void {
  const found = decodeNativeHeader(bytes, path);
  if (found.kind !== expected.kind) throw new CorruptionError(path, 0, `the file says that it is a ${nameOf(found)}`);
  if (!isSameDatabase(found.databaseId, expected.databaseId)) {
    throw new CorruptionError(path, 0, "the file belongs to another database");
  }
  if (found.fileId !== expected.fileId) {
    throw new CorruptionError(
      path,
      0,
      `the file says that it is ${nameOf(found)} ${found.fileId}, not ${expected.fileId}`,
    );
  }
}

export function isSameDatabase(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function isKind(kind: number): kind is NativeFileKind {
  return Object.values(NATIVE_FILE_KIND).some((known) => known === kind);
}

function nameOf(file: NativeFile): string {
  const [name = ""] = Object.entries(NATIVE_FILE_KIND).find(([, kind]) => kind === file.kind) ?? [];
  return name;
}

function newerVersion(path: string, version: number): LsmError {
  return new LsmError(
    "UNSUPPORTED",
    `${path} has version ${version} of the native format, and this program knows version ${NATIVE_VERSION}: open it with a newer one`,
  );
}
