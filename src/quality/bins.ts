import type { Bin, ColumnProfile } from "./column-profile.ts";
import { isWhole } from "./type-kinds.ts";

const mostBins = 20;

export interface NumberBins {
  /** Bins of whole numbers; `start` and `step` are whole then. */
  whole: boolean;
  /** Where the first begins, as SQL. */
  start: string;
  step: string;
  count: number;
  fill(counts: readonly { at: string | number | null; rows: number }[]): Bin[];
}

/** Equal steps from the least finite value to the greatest; undefined where there is none, or only one value. */
export function numberBins(column: ColumnProfile): NumberBins | undefined {
  const { finiteMin, finiteMax } = column;
  if (finiteMin === undefined || finiteMin === null || finiteMax === null || finiteMax === undefined) return undefined;
  if (isWhole(column.type)) {
    const [low, high] = [BigInt(finiteMin), BigInt(finiteMax)];
    if (low === high || high - low > 2n ** 120n) return undefined;
    const step = (high - low) / BigInt(mostBins) + 1n;
    const count = Number((high - low) / step) + 1;
    const edge = (i: number) => low + BigInt(i) * step;
    return {
      whole: true,
      start: `(${low})`,
      step: `(${step})`,
      count,
      fill: (counts) =>
        filled(count, counts, (i) => {
          const last = edge(i + 1) - 1n;
          return [String(edge(i)), String(last > high ? high : last)];
        }),
    };
  }
  const [low, high] = [Number(finiteMin), Number(finiteMax)];
  const step = (high - low) / mostBins;
  if (!(step > 0) || !Number.isFinite(step)) return undefined;
  const edge = (i: number) => (i === mostBins ? high : low + i * step);
  return {
    whole: false,
    start: String(low),
    step: String(step),
    count: mostBins,
    fill: (counts) => filled(mostBins, counts, (i) => [short(edge(i)), short(edge(i + 1))]),
  };
}

/** Edges are for people: the last digits of floats are noise. */
const short = (value: number): string => String(Number(value.toPrecision(12)));

function filled(
  count: number,
  counts: readonly { at: string | number | null; rows: number }[],
  edges: (i: number) => [string, string],
): Bin[] {
  const bins = Array.from({ length: count }, (_, i) => {
    const [from, to] = edges(i);
    return { from, to, rows: 0 };
  });
  for (const { at, rows } of counts) {
    const bin = bins[Number(at)];
    if (bin) bin.rows += rows;
  }
  return bins;
}

export const momentUnits = [
  "second",
  "minute",
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
  "decade",
  "century",
] as const;
export type MomentUnit = (typeof momentUnits)[number];

const seconds: Record<MomentUnit, number> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_629_746,
  quarter: 7_889_238,
  year: 31_556_952,
  decade: 315_569_520,
  century: 3_155_695_200,
};

/** The finest unit of the calendar with at most 40 bins; undefined without two different moments. */
export function momentUnit(column: ColumnProfile): MomentUnit | undefined {
  const { firstMoment: first, lastMoment: last } = column;
  if (first === undefined || last === undefined || first === null || last === null || first === last) return undefined;
  const span = (last - first) / 1000;
  const units = column.type === "DATE" ? momentUnits.slice(momentUnits.indexOf("day")) : momentUnits;
  return units.find((unit) => span / seconds[unit] <= 40) ?? "century";
}

/** Bins of a calendar unit from the first that has rows to the last, those without rows too. `at`: begin, ISO without zone. */
export function momentBins(unit: MomentUnit, counts: readonly { at: string | number | null; rows: number }[]): Bin[] {
  const byStart = new Map(counts.map(({ at, rows }) => [Date.parse(`${String(at)}Z`), rows]));
  const starts = [...byStart.keys()].filter((time) => !Number.isNaN(time)).sort((a, b) => a - b);
  const bins: Bin[] = [];
  const last = starts.at(-1) ?? 0;
  for (let time = starts[0] ?? 1; time <= last && bins.length < 200; ) {
    const next = after(time, unit);
    bins.push({ from: label(time, unit), to: label(next, unit), rows: byStart.get(time) ?? 0 });
    time = next;
  }
  return bins;
}

const months: Partial<Record<MomentUnit, number>> = { month: 1, quarter: 3, year: 12, decade: 120, century: 1200 };

function after(time: number, unit: MomentUnit): number {
  const step = months[unit];
  if (step === undefined) return time + seconds[unit] * 1000;
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + step, 1);
}

function label(time: number, unit: MomentUnit): string {
  const text = new Date(time).toISOString();
  if (unit === "second") return text.slice(0, 19).replace("T", " ");
  if (unit === "minute" || unit === "hour") return text.slice(0, 16).replace("T", " ");
  if (unit === "day" || unit === "week") return text.slice(0, 10);
  return unit === "month" || unit === "quarter" ? text.slice(0, 7) : text.slice(0, 4);
}
