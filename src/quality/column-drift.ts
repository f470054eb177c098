import type { ColumnFigures } from "./figures.ts";

/** What became of one column between two profiles of its table. */
export interface ColumnDrift {
  name: string;
  state: "added" | "removed" | "changed";
  /** The figures that differ, before and after; `null` where a profile has none. */
  changes: {
    what: "type" | "nulls" | "distinct" | "mean" | "min" | "max";
    before: string | null;
    after: string | null;
  }[];
  /**
   * How much, for sorting: the greatest of the change of the share of nulls (0 to 1), the relative changes of different
   * values and of the mean, and 1 for another type and for a column that came or went.
   */
  weight: number;
}

export interface Profiled {
  rows: number;
  columns: readonly ColumnFigures[];
}

/** Columns whose figures differ, the greatest change first. Columns are matched by name, without regard to case. */
export function columnDrift(before: Profiled, after: Profiled): ColumnDrift[] {
  const key = ({ name }: ColumnFigures) => name.toLowerCase();
  const [old, now] = [new Map(before.columns.map((c) => [key(c), c])), new Map(after.columns.map((c) => [key(c), c]))];
  const drifts: ColumnDrift[] = [
    ...after.columns.flatMap((column) => {
      const earlier = old.get(key(column));
      if (!earlier) return [{ name: column.name, state: "added" as const, changes: [], weight: 1 }];
      return changesOf(earlier, column, before.rows, after.rows);
    }),
    ...before.columns.flatMap((column) =>
      now.has(key(column)) ? [] : [{ name: column.name, state: "removed" as const, changes: [], weight: 1 }],
    ),
  ];
  return drifts.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
}

function changesOf(a: ColumnFigures, b: ColumnFigures, rowsBefore: number, rowsAfter: number): ColumnDrift[] {
  const changes: ColumnDrift["changes"] = [];
  let weight = 0;
  const note = (
    what: ColumnDrift["changes"][number]["what"],
    from: string | number | null,
    to: string | number | null,
    much: number,
  ) => {
    if (from === to) return;
    changes.push({ what, before: from === null ? null : String(from), after: to === null ? null : String(to) });
    weight = Math.max(weight, much);
  };
  note("type", a.type, b.type, 1);
  note("nulls", a.nulls, b.nulls, Math.abs(share(b.nulls, rowsAfter) - share(a.nulls, rowsBefore)));
  // Where one run counted and the other did not, nothing changed.
  if (a.distinct !== null && b.distinct !== null)
    note("distinct", a.distinct, b.distinct, relative(a.distinct, b.distinct));
  note("mean", a.mean, b.mean, a.mean === null || b.mean === null ? 1 : relative(a.mean, b.mean));
  note("min", a.min, b.min, 0);
  note("max", a.max, b.max, 0);
  return changes.length === 0 ? [] : [{ name: b.name, state: "changed", changes, weight }];
}

const share = (part: number, all: number): number => (all === 0 ? 0 : part / all);
/** 0 to 1: the difference in terms of the greater of both. */
const relative = (a: number, b: number): number =>
  a === b ? 0 : Math.min(1, Math.abs(b - a) / Math.max(Math.abs(a), Math.abs(b)));
