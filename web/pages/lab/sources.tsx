import type { FileList, LabDetail } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { bytes, count } from "../../lib/format.ts";
import { useRunNews } from "../../lib/run-news.ts";
import { Empty, Status, Time } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";

const sourceColumns: Column<LabDetail["sources"][number]>[] = [
  { id: "name", label: "Source", by: (source) => source.name, cell: (source) => source.name },
  { id: "kind", label: "Kind", by: (source) => source.kind, cell: (source) => source.kind },
  { id: "from", label: "From", class: "mono small", by: (source) => source.from, cell: (source) => source.from },
  { id: "table", label: "Table", class: "mono small", by: (source) => source.table, cell: (source) => source.table },
  {
    id: "key",
    label: "Key",
    class: "small",
    cell: (source) => source.key.join(", ") || <span class="faint">none</span>,
  },
  {
    id: "columns",
    label: "Columns",
    right: true,
    by: (source) => source.columns,
    cell: (source) => source.columns || <span class="faint">from the file</span>,
  },
];

const fileColumns: Column<FileList["files"][number]>[] = [
  { id: "file", label: "File", class: "mono small", by: (file) => file.file, cell: (file) => file.file },
  { id: "source", label: "Source", by: (file) => file.source, cell: (file) => file.source },
  {
    id: "state",
    label: "State",
    by: (file) => file.state,
    cell: (file) => (
      <>
        <Status is={file.state} />
        {file.error && <p class="small bad-text">{file.error}</p>}
      </>
    ),
  },
  { id: "rows", label: "Rows", right: true, by: (file) => file.rows, cell: (file) => count(file.rows) },
  { id: "size", label: "Size", right: true, by: (file) => file.bytes, cell: (file) => bytes(file.bytes) },
  { id: "seen", label: "Seen", by: (file) => -Date.parse(file.seenAt), cell: (file) => <Time at={file.seenAt} /> },
];

export function SourcesTab({ name, detail }: { name: string; detail: LabDetail }) {
  const files = useApi<FileList>(`/labs/${encodeURIComponent(name)}/files`);
  useRunNews(name, files.reload);
  return (
    <>
      <h2>Sources</h2>
      <Table
        label="Sources"
        name="sources"
        columns={sourceColumns}
        rows={detail.sources}
        keyOf={(source) => source.name}
        empty={<Empty title="No sources in lab.yml" />}
      />
      <h2>Files</h2>
      <Table
        label="Files"
        name="files"
        columns={fileColumns}
        rows={files.data?.files}
        from={files}
        keyOf={(file) => file.file}
        search="Search files"
        empty={
          <Empty title="No file was loaded yet">
            Drop files into <code>{detail.paths["raw"]}</code>.
          </Empty>
        }
      />
    </>
  );
}
