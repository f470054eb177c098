/** Fewest earlier runs that say what is usual. */
const fewest = 5;
/** A normal distribution's standard deviation is so many times its median absolute deviation. */
const deviations = 1.4826;

const median = (sorted: number[]): number => {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * The time in milliseconds after which a run takes too long, from the seconds of earlier ones: `times` the median, or the
 * median and six deviations where runs vary more than that, and never before `atLeast`. Median and median absolute deviation
 * are not moved by a few runs that hung. Undefined with fewer than five runs.
 */
export function tooLong(seconds: number[], { times, atLeast }: { times: number; atLeast: number }): number | undefined {
  if (seconds.length < fewest) return undefined;
  const sorted = seconds.toSorted((a, b) => a - b);
  const usual = median(sorted);
  const spread = median(sorted.map((value) => Math.abs(value - usual)).sort((a, b) => a - b));
  return Math.max(usual * times * 1000, (usual + 6 * deviations * spread) * 1000, atLeast);
}
