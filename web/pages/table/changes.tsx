import type { LabDetail, TableChangesJson } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { count, plural } from "../../lib/format.ts";
import { links, queryValue } from "../../lib/router.ts";
import { Empty, Figure, Gate, Status } from "../../parts/basic.tsx";
import { type ColumnChange, ColumnChanges } from "../../parts/column-changes.tsx";
import { CellText, isNumeric } from "../../parts/grid.tsx";
import { Pick } from "../../parts/pickers.tsx";

/** With fewer rows, how they are spread says nothing that the rows do not. */
const worthDrawing = 30;

/** What is different in a table between two published versions, and which rows. */
export default function Changes({ lab, table }: { lab: string; table: string }) {
  const api = `/labs/${encodeURIComponent(lab)}`;
  const detail = useApi<LabDetail>(api);
  const versions = detail.data?.versions.map(({ version }) => version) ?? [];
  const after = queryValue("after") || versions[0] || "";
  const before = queryValue("before") || versions[versions.indexOf(after) + 1] || "";
  const two = after !== "" && before !== "";
  const found = useApi<TableChangesJson>(
    two ? `${api}/tables/${encodeURIComponent(table)}/changes?${new URLSearchParams({ before, after })}` : "",
  );
  if (detail.data && versions.length < 2)
    return <Empty title="There is one version only">After the next run that publishes, this tells what changed.</Empty>;
  return (
    <>
      <div class="graph-bar">
        From <Pick name="before" label="Earlier version" values={versions} value={before} /> to
        <Pick name="after" label="Later version" values={versions} value={after} />
        <a class="end" href={links.diff(lab, before, after)}>
          All tables
        </a>
      </div>
      {two && <Gate from={found}>{(data) => <Comparison data={data} />}</Gate>}
    </>
  );
}

function Comparison({ data: { table, columns, sample } }: { data: TableChangesJson }) {
  return (
    <>
      <dl class="figures">
        <Figure label="State">
          <Status is={table.state} />
        </Figure>
        <Figure label="Rows before">{count(table.rows.before)}</Figure>
        <Figure label="Rows after">{count(table.rows.after)}</Figure>
        <Figure label="Added">{count(table.added)}</Figure>
        <Figure label="Removed">{count(table.removed)}</Figure>
        <Figure label="Changed">{table.changed === null ? "without a key" : count(table.changed)}</Figure>
        {table.key.length > 0 && <Figure label="Key">{table.key.join(", ")}</Figure>}
      </dl>
      {table.state === "same" ? (
        <Empty title="Nothing is different">Both versions have the same rows.</Empty>
      ) : (
        <>
          <h2>Columns</h2>
          <ColumnChanges
            columns={table["columns"] as ColumnChange | undefined}
            drawn={Math.max(table.rows.before, table.rows.after) >= worthDrawing}
          />
          {sample.length > 0 && (
            <>
              <h2>
                Rows that differ{" "}
                <span class="faint">
                  {plural(sample.length, "row")} shown{table.key.length > 0 ? ", by key" : ""}
                </span>
              </h2>
              <Differing columns={columns} sample={sample} keys={table.key} />
            </>
          )}
        </>
      )}
    </>
  );
}

function Differing({
  columns,
  sample,
  keys,
}: { columns: TableChangesJson["columns"]; sample: TableChangesJson["sample"] } & { keys: string[] }) {
  const at = keys.map((key) => columns.findIndex(({ name }) => name === key));
  const keyOf = (row: TableChangesJson["sample"][number]["row"]) => JSON.stringify(at.map((i) => row[i]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class="scroll results" tabIndex={0} role="region" aria-label="Rows that differ">
      <table class="grid data">
        <thead>
          <tr>
            <th>Version</th>
            {columns.map(({ name, type }) => (
              <th key={name} class={isNumeric(type) ? "right" : ""} title={type}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sample.map(({ side, row }, i) => {
            const near = [sample[i - 1], sample[i + 1]].find(
              (other) => other && other.side !== side && at.length > 0 && keyOf(other.row) === keyOf(row),
            );
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
              <tr key={i} class={near ? `${side} pair` : side}>
                <td>
                  <span aria-hidden="true">{side === "before" ? "− " : "+ "}</span>
                  {side}
                </td>
                {columns.map(({ name, type }, j) => {
                  const other = near && near.row[j] !== row[j];
                  return (
                    <td key={name} class={`${isNumeric(type) ? "right" : ""}${other ? " differs" : ""}`}>
                      <CellText value={row[j] ?? null} />
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
