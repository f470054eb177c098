import { count, percent, plural, short } from "../lib/format.ts";

interface Share {
  label: string;
  before: number;
  after: number;
}

/** What a comparison says of a table's columns. */
export interface ColumnChange {
  added: { name: string; type: string }[];
  removed: { name: string; type: string }[];
  retyped: { name: string; before: string; after: string }[];
  differ: {
    name: string;
    changed: number | null;
    sum: { before: string | null; after: string | null } | null;
    distribution?: { shift: number | null; parts: Share[] } | null;
  }[];
}

/** `drawn`: with how the values lie before and after. */
export function ColumnChanges({ columns, drawn = false }: { columns: ColumnChange | undefined; drawn?: boolean }) {
  if (!columns) return null;
  return (
    <ul class="plain-list changed-columns">
      {columns.added.map(({ name, type }) => (
        <li key={name}>
          + {name} <span class="faint">{type}</span>
        </li>
      ))}
      {columns.removed.map(({ name }) => (
        <li key={name}>− {name}</li>
      ))}
      {columns.retyped.map(({ name, before, after }) => (
        <li key={name}>
          {name}: {before} → {after}
        </li>
      ))}
      {columns.differ.map(({ name, changed, sum, distribution }) => (
        <li key={name}>
          <span>
            {name}
            {changed === null ? "" : `: ${count(changed)} changed`}
            {sum && apart(sum) ? (
              <span class="faint">{` sum ${short(sum.before ?? "null")} → ${short(sum.after ?? "null")}`}</span>
            ) : null}
            {drawn && distribution?.shift ? (
              <span class="faint">, {percent(distribution.shift)} of the rows lie elsewhere</span>
            ) : null}
          </span>
          {drawn && distribution && distribution.parts.length > 0 && <Shares name={name} parts={distribution.parts} />}
        </li>
      ))}
    </ul>
  );
}

/** Sums of fractions differ in their last digits with the order of the rows: that is no change. */
const apart = ({ before, after }: { before: string | null; after: string | null }): boolean =>
  before === null || after === null ? before !== after : Number(short(before)) !== Number(short(after));

const [width, height] = [16, 34];

/** Rows of each part, before beside after. */
function Shares({ name, parts }: { name: string; parts: Share[] }) {
  const most = Math.max(1, ...parts.flatMap(({ before, after }) => [before, after]));
  const tall = (rows: number) => (rows === 0 ? 0 : Math.max(1.5, (rows / most) * (height - 2)));
  return (
    <svg
      class="histogram shares"
      width={parts.length * width}
      height={height}
      role="img"
      aria-label={`${name} before and after`}
    >
      {parts.map(({ label, before, after }, i) => (
        <g key={label}>
          <title>{`${label}: ${plural(before, "row")} before, ${count(after)} after`}</title>
          <rect class="back" x={i * width} width={width - 2} height={height} />
          <rect class="was" x={i * width} y={height - tall(before)} width={6} height={tall(before)} />
          <rect x={i * width + 7} y={height - tall(after)} width={6} height={tall(after)} />
        </g>
      ))}
    </svg>
  );
}
