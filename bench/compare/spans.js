/** What this part of the spans did not exceed. @param {ArrayLike<number>} ascending at least one @param {number} part 0 to 1 */
export function quantile(ascending, part) {
  return ascending[Math.min(ascending.length - 1, Math.max(0, Math.ceil(ascending.length * part) - 1))];
}
