/** Multiples of it modulo `count` meet every number once, far apart from one to the next (golden ratio). @param {number} count */
export function scatteringStep(count) {
  let step = Math.max(Math.floor(count * 0.618), 1);
  while (greatestCommonDivisor(step, count) > 1) step++;
  return step;
}

/** @param {number} a @param {number} b @returns {number} */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
