import { describe, expect, test } from "vitest";
import { ByteReader } from "../../src/codec/byte-reader.ts";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import { CorruptionError } from "../../src/errors.ts";

function written(write: (writer: ByteWriter) => void): string {
  const writer = new ByteWriter(1);
  write(writer);
  return Buffer.from(writer.buffer.subarray(0, writer.length)).toString("hex");
}

function reader(hex: string, end: number = hex.length / 2): ByteReader {
  return new ByteReader(new Uint8Array(Buffer.from(hex, "hex")), 0, end, "some.file", 100);
}

function corruption(read: () => unknown): CorruptionError {
  try {
    read();
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("byte writer", () => {
  test.each<[string, (writer: ByteWriter) => unknown, string]>([
    ["u8", (writer) => writer.u8(0xfe), "fe"],
    ["u16", (writer) => writer.u16(0x0102), "0102"],
    ["u32", (writer) => writer.u32(0xfffefdfc), "fffefdfc"],
    ["u64 beyond 32 bits", (writer) => writer.u64(0x0001_0203_0405_06), "0000010203040506"],
    ["the largest u64", (writer) => writer.u64(Number.MAX_SAFE_INTEGER), "001fffffffffffff"],
    ["a range of bytes", (writer) => writer.bytes(Uint8Array.of(9, 8, 7, 6), 1, 3), "0807"],
  ])("writes %s big-endian", (_, write, hex) => {
    expect(written(write)).toBe(hex);
  });
  test("grows and keeps what it has", () => {
    const long = new Uint8Array(1000).fill(7);
    expect(written((writer) => writer.u16(1).bytes(long, 0, long.length).u16(2))).toBe(`0001${"07".repeat(1000)}0002`);
  });
  test("starts over in the same memory after clear", () => {
    const writer = new ByteWriter(8);
    const buffer = writer.u32(1).buffer;
    writer.clear();
    expect(writer.u8(2).length).toBe(1);
    expect(writer.buffer).toBe(buffer);
  });
});

describe("byte reader", () => {
  test("reads what the writer wrote", () => {
    const hex = written((writer) => writer.u8(255).u16(65535).u32(4294967295).u64(Number.MAX_SAFE_INTEGER).u8(1));
    const fields = reader(hex);
    expect([fields.u8(), fields.u16(), fields.u32(), fields.u64(), fields.view(1), fields.remaining]).toEqual([
      255,
      65535,
      4294967295,
      Number.MAX_SAFE_INTEGER,
      Uint8Array.of(1),
      0,
    ]);
  });
  test.each<[string, (fields: ByteReader) => unknown, string]>([
    ["u8", (fields) => fields.u8(), ""],
    ["u16", (fields) => fields.u16(), "00"],
    ["u32", (fields) => fields.u32(), "000000"],
    ["u64", (fields) => fields.u64(), "00000000000000"],
    ["view", (fields) => fields.view(3), "0000"],
  ])("refuses a %s that does not fit, naming the file and the field's offset", (_, read, hex) => {
    const error = corruption(() => read(reader(hex)));
    expect([error.file, error.offset]).toEqual(["some.file", 100]);
  });
  test("ends where its range ends, not where the bytes do", () => {
    const fields = reader("00010203", 3);
    fields.u16();
    expect(corruption(() => fields.u16()).offset).toBe(102);
  });
  test("refuses a u64 above 2^53-1", () => {
    expect(reader("001fffffffffffff").u64()).toBe(2 ** 53 - 1);
    expect(corruption(() => reader("0020000000000000").u64()).offset).toBe(100);
    expect(corruption(() => reader("ffffffffffffffff").u64()).offset).toBe(100);
  });
});
