import type { Cell, Grid } from "../../src/server/types.ts";

const numeric = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL)/;
export const isNumeric = (type: string): boolean => numeric.test(type);

export function CellText({ value }: { value: Cell }) {
  if (value === null) return <span class="null">null</span>;
  return <>{String(value)}</>;
}

/** Rows of an answer. */
export function Results({ grid, label }: { grid: Pick<Grid, "columns" | "rows">; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class="scroll results" tabIndex={0} role="region" aria-label={label}>
      <table class="grid data">
        <thead>
          <tr>
            {grid.columns.map((column, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns of an answer may share a name
              <th key={i} class={isNumeric(column.type) ? "right" : ""} title={column.type}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {grid.rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no name
            <tr key={i}>
              {row.map((value, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nor do their cells
                <td key={j} class={isNumeric(grid.columns[j]?.type ?? "") ? "right" : ""}>
                  <CellText value={value} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
