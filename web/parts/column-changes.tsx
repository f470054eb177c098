import { count } from "../lib/format.ts";

/** What a comparison says of a table's columns. */
export interface ColumnChange {
  added: { name: string; type: string }[];
  removed: { name: string; type: string }[];
  retyped: { name: string; before: string; after: string }[];
  differ: { name: string; changed: number | null; sum: { before: string | null; after: string | null } | null }[];
}

export function ColumnChanges({ columns }: { columns: ColumnChange | undefined }) {
  if (!columns) return null;
  return (
    <>
      {columns.added.map(({ name, type }) => (
        <p key={name}>
          + {name} <span class="faint">{type}</span>
        </p>
      ))}
      {columns.removed.map(({ name }) => (
        <p key={name}>− {name}</p>
      ))}
      {columns.retyped.map(({ name, before, after }) => (
        <p key={name}>
          {name}: {before} → {after}
        </p>
      ))}
      {columns.differ.map(({ name, changed, sum }) => (
        <p key={name}>
          {name}
          {changed === null ? "" : `: ${count(changed)} changed`}
          {sum ? <span class="faint">{` sum ${sum.before} → ${sum.after}`}</span> : ""}
        </p>
      ))}
    </>
  );
}
