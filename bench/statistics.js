/** The middle of the samples, or the mean of the two middle ones. @param {readonly number[]} samples at least one */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half of the distance between the fastest and the slowest sample, as a part of the median. @param {readonly number[]} samples */
export function spread(samples) {
  return (Math.max(...samples) - Math.min(...samples)) / 2 / median(samples);
}
