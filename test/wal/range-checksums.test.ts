import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { joinChecksums, RangeChecksums } from "../../src/wal/range-checksums.ts";

test("a checksum of any range is the one computed from its bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 300 }), fc.nat(), fc.nat(), fc.nat(), (bytes, a, b, c) => {
      const [start, from, to] = [a, b, c].map((at) => at % (bytes.length + 1)).sort((x, y) => x - y) as [
        number,
        number,
        number,
      ];
      expect(new RangeChecksums(bytes, start, bytes.length).checksum(from, to)).toBe(crc32(bytes, from, to));
    }),
  );
});

test.each([511, 512, 513, 65_535, 65_536, 131_077, 262_143, 262_144, 1_000_000])(
  "a range may be %i bytes long",
  (length) => {
    const bytes = Uint8Array.from({ length: length + 40 }, (_, index) => (index * index) >> 3);
    expect(new RangeChecksums(bytes, 5, bytes.length).checksum(17, 17 + length)).toBe(crc32(bytes, 17, 17 + length));
  },
);

test("the checksum of bytes in two pieces is joined from those of the pieces", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(), (bytes, anywhere) => {
      const cut = anywhere % (bytes.length + 1);
      const joined = joinChecksums(crc32(bytes, 0, cut), crc32(bytes, cut, bytes.length), bytes.length - cut);
      expect(joined).toBe(crc32(bytes, 0, bytes.length));
    }),
  );
});
