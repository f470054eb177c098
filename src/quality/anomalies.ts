/** What an earlier run saw of a table. Times in milliseconds since 1970. */
export interface SeenTable {
  /** Of the run. */
  time: number;
  rows: number;
  /** Newest moment in the table; null or missing when it has none. */
  newest?: number | null;
  /** Its number of rows was unusual then. */
  unusual?: boolean;
}

/** Runs that must have seen a table before anything is called unusual. */
export const quietRuns = 7;
/** Days of the same weekday that are history enough to judge by these alone. */
const sameWeekdays = 4;
/** Times that a table's newest moment must have advanced before its rhythm is known. */
const knownAdvances = 5;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Standard deviation as the median distance from the median tells it: single outliers do not move it. */
const robustDeviation = (values: readonly number[], middle: number): number =>
  1.4826 * median(values.map((value) => Math.abs(value - middle)));

interface Range {
  low: number;
  high: number;
}

/** Where values usually lie: 3.5 robust deviations around the median, at least `least` to each side. */
function usual(values: readonly number[], least: number): Range {
  const middle = median(values);
  const slack = Math.max(3.5 * robustDeviation(values, middle), least);
  return { low: middle - slack, high: middle + slack };
}

const outside = (value: number, { low, high }: Range): boolean => value < low || value > high;

/**
 * Why a table's number of rows is unlike its own history, or null. Both the number and its change since the last run must
 * be unusual: a table that grows steadily and one that is replaced are both at rest. When four days of the same weekday
 * are known, only these are compared. `history` newest first; quiet for the first seven runs. A change that was told once
 * is the new normal, unless `insist`: then it stays unusual until the history has turned over.
 */
export function volumeAnomaly(rows: number, now: number, history: readonly SeenTable[], insist = false): string | null {
  if (history.length < quietRuns) return null;
  const changes = history.map((seen, i) => ({ ...seen, change: seen.rows - (history[i + 1]?.rows ?? seen.rows) }));
  const same = changes.filter(({ time }) => weekday(time) === weekday(now));
  const seasonal = new Set(same.map(({ time }) => Math.floor(time / day))).size >= sameWeekdays;
  const compared = seasonal ? same : changes;
  const middle = median(compared.map((seen) => seen.rows));
  const least = Math.max(1, 0.1 * middle);
  const level = usual(
    compared.map((seen) => seen.rows),
    least,
  );
  const change = usual(
    // The oldest run of all changed nothing that is known.
    compared.filter((seen) => seen !== changes.at(-1)).map((seen) => seen.change),
    least,
  );
  const before = (insist ? history.find((seen) => !seen.unusual) : undefined) ?? history[0];
  if (!outside(rows, level) || !outside(rows - (before?.rows ?? 0), change)) return null;
  const whose = seasonal ? "of this weekday" : `of the last ${compared.length} runs`;
  return `it has ${rows} rows, the usual ${whose} are ${Math.max(0, Math.ceil(level.low))} to ${Math.floor(level.high)}`;
}

/**
 * Why a table's newest moment is overdue by its own rhythm, or null: how long ago a run last saw it advance, against the
 * times between earlier advances. The second longest of them is still usual (weekends), the longest may have been a
 * failure. Quiet until it has advanced five times, so for ever when data never changes.
 */
export function freshnessAnomaly(newest: number | null, now: number, history: readonly SeenTable[]): string | null {
  if (newest === null || history.length < quietRuns) return null;
  const advances: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const seen of [...history].reverse()) {
    if (seen.newest === null || seen.newest === undefined || seen.newest <= last) continue;
    last = seen.newest;
    advances.push(seen.time);
  }
  // The first sighting is no advance.
  const gaps = advances.slice(1).map((time, i) => time - (advances[i] ?? time));
  if (newest > last || gaps.length < knownAdvances) return null;
  const middle = median(gaps);
  const [, second = 0] = [...gaps].sort((a, b) => b - a);
  const allowed = Math.max(middle + 3.5 * robustDeviation(gaps, middle), 2 * middle, second);
  const since = now - (advances.at(-1) ?? now);
  if (since <= allowed) return null;
  return `its newest moment, ${new Date(newest).toISOString()}, was first seen ${inHours(since)} ago; usually a newer one comes within ${inHours(allowed)}`;
}

const day = 86_400_000;
const weekday = (time: number): number => new Date(time).getUTCDay();
const inHours = (ms: number): string =>
  ms < 2 * 3_600_000
    ? `${Math.round(ms / 60_000)} minutes`
    : ms < 2 * day
      ? `${Math.round(ms / 3_600_000)} hours`
      : `${Math.round(ms / day)} days`;
