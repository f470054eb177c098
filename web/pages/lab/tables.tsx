import type { TableList } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { count } from "../../lib/format.ts";
import { links } from "../../lib/router.ts";
import { useRunNews } from "../../lib/run-news.ts";
import { Empty, Score, Status } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Row = TableList["tables"][number];

const columnsOf = (lab: string): Column<Row>[] => [
  {
    id: "name",
    label: "Table",
    class: "name",
    by: (table) => table.name,
    cell: (table) => <a href={links.table(lab, table.name)}>{table.name}</a>,
  },
  { id: "rows", label: "Rows", right: true, by: (table) => table.rows, cell: (table) => count(table.rows) },
  { id: "score", label: "Score", by: (table) => table.score, cell: (table) => <Score value={table.score} /> },
  {
    id: "readers",
    label: "Readers",
    by: (table) => Number(!table.published),
    cell: (table) => (table.published ? <Status is="published" /> : <span class="faint">inside the lab</span>),
  },
];

export function TablesTab({ name }: { name: string }) {
  const tables = useApi<TableList>(`/labs/${encodeURIComponent(name)}/tables`);
  useRunNews(name, tables.reload);
  return (
    <Table
      label="Tables"
      name="tables"
      columns={columnsOf(name)}
      rows={tables.data?.tables}
      from={tables}
      keyOf={(table) => table.name}
      search="Search tables"
      empty={<Empty title="No tables yet">They appear when the lab has run.</Empty>}
    />
  );
}
