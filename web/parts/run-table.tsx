import type { RunInfoJson } from "../../src/server/types.ts";
import { count, seconds } from "../lib/format.ts";
import { links } from "../lib/router.ts";
import { Empty, Name, Score, Status, Time } from "./basic.tsx";
import { type Column, Table } from "./table.tsx";

const triggers: Record<string, string> = {
  cli: "by hand",
  api: "from the page",
  schedule: "schedule",
  files: "new files",
  publish: "a lab before it",
};
const summaryOf = (run: RunInfoJson) =>
  (run.summary ?? {}) as { rowsLoaded?: number; score?: number | null; message?: string };

const columns: Column<RunInfoJson>[] = [
  {
    id: "run",
    label: "Run",
    class: "name",
    by: (run) => run.id,
    cell: (run) => (
      <a href={links.run(run.id)} class="mono">
        {run.id.slice(-7)}
      </a>
    ),
  },
  {
    id: "lab",
    label: "Lab",
    by: (run) => run.lab,
    cell: (run) => (
      <a href={links.lab(run.lab)}>
        <Name>{run.lab}</Name>
      </a>
    ),
  },
  { id: "status", label: "Status", by: (run) => run.status, cell: (run) => <Status is={run.status} /> },
  {
    id: "started",
    label: "Started",
    by: (run) => -Date.parse(run.startedAt),
    cell: (run) => <Time at={run.startedAt} />,
  },
  { id: "took", label: "Took", right: true, by: (run) => run.seconds, cell: (run) => seconds(run.seconds) },
  {
    id: "why",
    label: "Why",
    by: (run) => triggers[run.trigger] ?? run.trigger,
    cell: (run) => triggers[run.trigger] ?? run.trigger,
  },
  { id: "by", label: "By", by: (run) => run.user, cell: (run) => run.user },
  {
    id: "rows",
    label: "Rows loaded",
    right: true,
    by: (run) => summaryOf(run).rowsLoaded,
    cell: (run) => count(summaryOf(run).rowsLoaded),
  },
  {
    id: "score",
    label: "Score",
    by: (run) => summaryOf(run).score,
    cell: (run) => <Score value={summaryOf(run).score ?? null} />,
  },
  {
    id: "message",
    label: "What happened",
    class: "message",
    by: (run) => summaryOf(run).message,
    cell: (run) => summaryOf(run).message,
  },
];

export function RunTable({ runs, withLab }: { runs: readonly RunInfoJson[] | undefined; withLab: boolean }) {
  return (
    <Table
      label="Runs"
      name={withLab ? "" : "runs"}
      columns={withLab ? columns : columns.filter(({ id }) => id !== "lab")}
      rows={runs}
      keyOf={(run) => run.id}
      empty={<Empty title="No runs" />}
    />
  );
}
