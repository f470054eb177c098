import type { LabDetail, PublishedVersionJson } from "../../../src/server/types.ts";
import { bytes, count } from "../../lib/format.ts";
import { links } from "../../lib/router.ts";
import { Empty, Score, Status, Time } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";

const rowsOf = (version: PublishedVersionJson) => version.tables.reduce((sum, { rows }) => sum + rows, 0);

export function VersionsTab({ detail: { versions }, name }: { detail: LabDetail; name: string }) {
  const columns: Column<PublishedVersionJson>[] = [
    {
      id: "version",
      label: "Version",
      by: (each) => each.version,
      cell: (each) => (
        <>
          <span class="mono small">{each.version}</span> {each.current && <Status is="current" />}
        </>
      ),
    },
    {
      id: "published",
      label: "Published",
      by: (each) => -Date.parse(each.publishedAt),
      cell: (each) => <Time at={each.publishedAt} />,
    },
    {
      id: "run",
      label: "Run",
      by: (each) => each.runId,
      cell: (each) => each.runId && <a href={links.run(each.runId)}>{each.runId.slice(-7)}</a>,
    },
    { id: "score", label: "Score", by: (each) => each.score, cell: (each) => <Score value={each.score} /> },
    {
      id: "tables",
      label: "Tables",
      right: true,
      by: (each) => each.tables.length,
      cell: (each) => each.tables.length,
    },
    { id: "rows", label: "Rows", right: true, by: rowsOf, cell: (each) => count(rowsOf(each)) },
    { id: "size", label: "Size", right: true, by: (each) => each.bytes, cell: (each) => bytes(each.bytes) },
    {
      id: "changes",
      label: "Changes",
      cell: (each) => {
        const older = versions[versions.indexOf(each) + 1];
        return older && <a href={links.diff(name, older.version, each.version)}>against the one before</a>;
      },
    },
  ];
  return (
    <Table
      label="Published versions"
      name="versions"
      columns={columns}
      rows={versions}
      keyOf={(each) => each.version}
      empty={<Empty title="Nothing is published yet">A run publishes when models, tests and score allow it.</Empty>}
    />
  );
}
