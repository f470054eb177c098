import type { Diff } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { count } from "../lib/format.ts";
import { links, queryValue } from "../lib/router.ts";
import { Empty, Gate, Head, Name, Status } from "../parts/basic.tsx";
import { type ColumnChange, ColumnChanges } from "../parts/column-changes.tsx";
import { type Column, Table } from "../parts/table.tsx";

export default function DiffPage({ lab }: { lab: string }) {
  const query = new URLSearchParams();
  for (const name of ["before", "after"]) if (queryValue(name)) query.set(name, queryValue(name));
  const found = useApi<Diff>(`/labs/${encodeURIComponent(lab)}/diff?${query}`);
  return (
    <>
      <Head
        title="What changed"
        above={
          <>
            <a href="/">Labs</a> / <a href={links.lab(lab)}>{lab}</a> /{" "}
            <a href={links.lab(lab, "versions")}>Versions</a>
          </>
        }
      />
      <Gate from={found}>
        {(diff) => (
          <>
            <p class="lead">
              From <span class="mono">{diff.before}</span> to <span class="mono">{diff.after}</span>
            </p>
            <Table
              label="Tables of both versions"
              columns={columnsOf(lab, diff)}
              rows={diff.tables}
              keyOf={(table) => table.table}
              empty={<Empty title="Neither version has a table" />}
            />
          </>
        )}
      </Gate>
    </>
  );
}

type Row = Diff["tables"][number];
const order = ["removed", "added", "changed", "same"];

const columnsOf = (lab: string, { before, after }: Diff): Column<Row>[] => [
  {
    id: "table",
    label: "Table",
    class: "name",
    by: (row) => row.table,
    cell: (row) => (
      <a href={links.changes(lab, row.table, before, after)}>
        <Name>{row.table}</Name>
      </a>
    ),
  },
  { id: "state", label: "State", by: (row) => order.indexOf(row.state), cell: (row) => <Status is={row.state} /> },
  number("rows-before", "Rows before", (row) => row.rows.before),
  number("rows-after", "Rows after", (row) => row.rows.after),
  number("added", "Added", (row) => row.added),
  number("removed", "Removed", (row) => row.removed),
  number("changed", "Changed", (row) => row.changed),
  {
    id: "columns",
    label: "Columns",
    class: "small",
    cell: (row) => <ColumnChanges columns={row["columns"] as ColumnChange | undefined} />,
  },
];

function number(id: string, label: string, of: (row: Row) => number | null): Column<Row> {
  return { id, label, right: true, by: of, cell: (row) => count(of(row)) };
}
