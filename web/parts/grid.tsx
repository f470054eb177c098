import { useMemo, useState } from "preact/hooks";
import type { Cell, Grid } from "../../src/server/types.ts";
import { placeOf, rowHeight } from "./virtual.ts";

const numeric = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL)/;
export const isNumeric = (type: string): boolean => numeric.test(type);

export function CellText({ value }: { value: Cell }) {
  if (value === null) return <span class="null">null</span>;
  return <>{String(value)}</>;
}

/** Numbers that JSON cannot hold come as texts. */
function compareCells(a: Cell, b: Cell, asNumbers: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (asNumbers) return Number(a) - Number(b);
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** Rows of an answer; only those in sight are drawn. A click on a heading sorts them. */
export function Results({ grid, label }: { grid: Pick<Grid, "columns" | "rows">; label: string }) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [order, setOrder] = useState<{ at: number; down: boolean }>();
  const rows = useMemo(() => {
    if (!order) return grid.rows;
    const asNumbers = isNumeric(grid.columns[order.at]?.type ?? "");
    const turn = order.down ? -1 : 1;
    return grid.rows.toSorted((a, b) => {
      const [left, right] = [a[order.at] ?? null, b[order.at] ?? null];
      const by = compareCells(left, right, asNumbers);
      return left === null || right === null ? by : by * turn;
    });
  }, [grid, order]);
  const { first, last, above, below } = placeOf(top, height, rows.length);
  return (
    <div
      class="scroll results"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => {
        setTop(event.currentTarget.scrollTop);
        setHeight(event.currentTarget.clientHeight);
      }}
    >
      <table class="grid data" aria-rowcount={rows.length}>
        <thead>
          <tr>
            {grid.columns.map((column, at) => {
              const on = order?.at === at;
              return (
                <th
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns of an answer may share a name
                  key={at}
                  class={isNumeric(column.type) ? "right" : ""}
                  title={column.type}
                  aria-sort={on ? (order.down ? "descending" : "ascending") : undefined}
                >
                  <button
                    type="button"
                    class={on ? "sorted" : ""}
                    onClick={() => setOrder(!on ? { at, down: false } : order.down ? undefined : { at, down: true })}
                  >
                    {column.name}
                    <span class="arrow" aria-hidden="true">
                      {on && order.down ? "↓" : "↑"}
                    </span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          <tr class="spacer" style={{ height: `${above}px` }} aria-hidden="true" />
          {rows.slice(first, last).map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no name
            <tr key={first + i} style={{ height: `${rowHeight}px` }}>
              {row.map((value, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nor do their cells
                <td key={j} class={isNumeric(grid.columns[j]?.type ?? "") ? "right" : ""}>
                  <CellText value={value} />
                </td>
              ))}
            </tr>
          ))}
          <tr class="spacer" style={{ height: `${below}px` }} aria-hidden="true" />
        </tbody>
      </table>
    </div>
  );
}
