import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useState } from "preact/hooks";
import type { Problem } from "../../src/server/types.ts";
import { plural } from "../lib/format.ts";
import { narrow } from "../lib/narrow.ts";
import { queryValue, setQuery } from "../lib/router.ts";
import { Empty, ErrorBox, Loading } from "./basic.tsx";

/** What a column is sorted and searched by; null stands last whichever way it is sorted. */
export type Key = string | number | null | undefined;

export interface Column<Row> {
  id: string;
  label: string;
  /** Numbers stand right. */
  right?: boolean;
  class?: string | ((row: Row) => string);
  /** Makes the column sortable; texts are searched, too. */
  by?: (row: Row) => Key;
  cell: (row: Row) => ComponentChildren;
  /** Hover of its cells. */
  title?: (row: Row) => string;
  /** Its heading is only read out. */
  quiet?: boolean;
}

export interface TableProps<Row> {
  /** What it is a table of, for those who do not see it. */
  label: string;
  /** Goes before its part of the address (`files.sort`); empty for the main table of a page. */
  name?: string;
  columns: readonly Column<Row>[];
  /** Undefined while they come. */
  rows: readonly Row[] | undefined;
  /** Where they come from: says why there are none, and asks again. */
  from?: { error: Problem | undefined; reload: () => void };
  keyOf: (row: Row) => string;
  /** Column to sort by when nobody has chosen; default: as the rows come. */
  sort?: string;
  /** Shows a field that searches in every text; these words stand in it. */
  search?: string;
  class?: string;
  rowClass?: (row: Row) => string;
  empty: ComponentChildren;
  /** Rows before a button asks for more. */
  most?: number;
}

function compare(a: Key, b: Key, turn: number): number {
  const [noA, noB] = [a === null || a === undefined || a === "", b === null || b === undefined || b === ""];
  if (noA || noB) return Number(noA) - Number(noB);
  if (typeof a === "number" && typeof b === "number") return (a - b) * turn;
  return String(a).localeCompare(String(b), "en", { numeric: true }) * turn;
}

/** Up and down go through the rows, each by what it links to. */
function step(event: TargetedKeyboardEvent<HTMLDivElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined || (event.target as Element).matches("input, select, textarea")) return;
  const rows = [...event.currentTarget.querySelectorAll("tbody tr")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by]?.querySelector<HTMLElement>("a, button, input");
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** The one table of the pages: sorted and searched as the address says, with words for what is empty, slow or broken. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, from, keyOf, most = 200 } = props;
  const [shown, setShown] = useState(most);
  if (rows === undefined)
    return from?.error ? <ErrorBox problem={from.error} retry={from.reload} /> : <Loading lines={4} />;
  if (rows.length === 0) return <>{props.empty}</>;
  const part = (name: string) => (props.name ? `${props.name}.${name}` : name);
  const wanted = queryValue(part("sort")) || props.sort || "";
  const down = queryValue(part("desc")) !== "";
  const words = props.search === undefined ? [] : queryValue(part("q")).toLowerCase().split(/\s+/).filter(Boolean);
  const text = (row: Row) =>
    columns
      .map(({ by }) => by?.(row))
      .filter((value) => typeof value === "string")
      .join(" ")
      .toLowerCase();
  const fitting = words.length === 0 ? rows : rows.filter((row) => words.every((word) => text(row).includes(word)));
  const by = columns.find(({ id }) => id === wanted)?.by;
  const sorted = by ? fitting.toSorted((a, b) => compare(by(a), by(b), down ? -1 : 1)) : fitting;
  const classOf = (column: Column<Row>, row: Row) =>
    [column.right && "right", typeof column.class === "function" ? column.class(row) : column.class]
      .filter(Boolean)
      .join(" ");
  return (
    <>
      <div class="bar-above">
        {props.search !== undefined && (
          <>
            <input
              class="search"
              type="search"
              placeholder={props.search}
              aria-label={`Search in ${label.toLowerCase()}`}
              value={queryValue(part("q"))}
              onInput={(event) => setQuery({ [part("q")]: event.currentTarget.value })}
            />
            <span class="faint small" aria-live="polite">
              {words.length > 0 ? `${sorted.length} of ${rows.length}` : rows.length}
            </span>
          </>
        )}
        {narrow.value && rows.length > 1 && (
          <Order columns={columns} wanted={wanted} down={down} label={label} part={part} />
        )}
      </div>
      {sorted.length === 0 ? (
        <Empty title="Nothing fits">Change what is searched.</Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <div class="scroll" tabIndex={0} role="region" aria-label={label} onKeyDown={step}>
          <table class={`grid cards ${props.class ?? ""}`}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <Heading key={column.id} column={column} on={wanted === column.id} down={down} part={part} />
                ))}
              </tr>
            </thead>
            <tbody>
              {sorted.slice(0, shown).map((row) => (
                <tr key={keyOf(row)} class={props.rowClass?.(row)}>
                  {columns.map((column, i) => (
                    <td
                      key={column.id}
                      class={classOf(column, row)}
                      data-label={i === 0 || column.quiet ? undefined : column.label}
                      title={column.title?.(row)}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {sorted.length > shown && (
        <p class="more">
          <button type="button" class="button" onClick={() => setShown(shown + most)}>
            More: {plural(sorted.length - shown, "row")} below
          </button>
        </p>
      )}
    </>
  );
}

/** Where rows are cards there are no headings to sort by. */
function Order<Row>({
  columns,
  wanted,
  down,
  label,
  part,
}: {
  columns: readonly Column<Row>[];
  wanted: string;
  down: boolean;
  label: string;
  part: (name: string) => string;
}) {
  return (
    <span class="order">
      <select
        aria-label={`Sort ${label.toLowerCase()} by`}
        value={wanted}
        onChange={(event) => setQuery({ [part("sort")]: event.currentTarget.value, [part("desc")]: "" })}
      >
        {!columns.some(({ id }) => id === wanted) && <option value={wanted}>Sort by …</option>}
        {columns
          .filter(({ by, quiet }) => by && !quiet)
          .map(({ id, label: of }) => (
            <option key={id} value={id}>
              {of}
            </option>
          ))}
      </select>
      <button
        type="button"
        class="button"
        aria-label={down ? "Descending" : "Ascending"}
        onClick={() => setQuery({ [part("sort")]: wanted, [part("desc")]: down ? "" : "1" })}
      >
        {down ? "↓" : "↑"}
      </button>
    </span>
  );
}

function Heading<Row>({
  column,
  on,
  down,
  part,
}: {
  column: Column<Row>;
  on: boolean;
  down: boolean;
  part: (name: string) => string;
}) {
  const { id, label, right, by, quiet } = column;
  if (!by || quiet) return <th class={right ? "right" : ""}>{quiet ? <span class="hidden">{label}</span> : label}</th>;
  return (
    <th class={right ? "right" : ""} aria-sort={on ? (down ? "descending" : "ascending") : undefined}>
      <button
        type="button"
        class={on ? "sorted" : ""}
        onClick={() => setQuery({ [part("sort")]: id, [part("desc")]: on && !down ? "1" : "" })}
      >
        {label}
        <span class="arrow" aria-hidden="true">
          {on && down ? "↓" : "↑"}
        </span>
      </button>
    </th>
  );
}
