/**
 * Which frozen memtables, newest first, one flush makes a table of: the oldest, and with it those after it as long as all
 * of them together stay within the size. Empty when there is none.
 */
export function flushGroup<Sized extends { readonly approximateSizeBytes: number }>(
  frozen: readonly Sized[],
  sizeBytesMax: number,
): readonly Sized[] {
  const oldest = frozen.length - 1;
  let sizeBytes = 0;
  const newer = frozen.findLastIndex(({ approximateSizeBytes }, index) => {
    sizeBytes += approximateSizeBytes;
    return index < oldest && sizeBytes > sizeBytesMax;
  });
  return frozen.slice(newer + 1);
}
