import type { RunInfoJson, RunList } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { count, seconds } from "../../lib/format.ts";
import { links, queryValue } from "../../lib/router.ts";
import { Empty, Gate, Score, Status, toneOf } from "../../parts/basic.tsx";
import { Pick } from "../../parts/pickers.tsx";
import { type Column, Table } from "../../parts/table.tsx";

interface ComparedNode {
  uniqueId: string;
  name: string;
  status: string | null;
  otherStatus: string | null;
  seconds: number | null;
  otherSeconds: number | null;
}
interface Comparison {
  run: RunInfoJson;
  other: RunInfoJson;
  nodes: ComparedNode[];
}

const slowerBy = ({ seconds: now, otherSeconds: then }: ComparedNode) =>
  now === null || then === null ? null : now - then;
/** Built or left as it was: both are well. */
const otherwise = ({ status, otherStatus }: ComparedNode) =>
  status !== otherStatus && !(toneOf(status) === "good" && toneOf(otherStatus) === "good");

const columnsOf = (lab: string): Column<ComparedNode>[] => [
  {
    id: "name",
    label: "Name",
    class: "wide",
    by: (node) => node.name,
    cell: (node) => <a href={links.node(lab, node.uniqueId)}>{node.name}</a>,
  },
  {
    id: "then",
    label: "Then",
    by: (node) => node.otherStatus,
    cell: (node) => (node.otherStatus ? <Status is={node.otherStatus} /> : <span class="faint">did not run</span>),
  },
  {
    id: "now",
    label: "Now",
    by: (node) => node.status,
    cell: (node) => (node.status ? <Status is={node.status} /> : <span class="faint">did not run</span>),
  },
  {
    id: "took-then",
    label: "Took then",
    right: true,
    by: (node) => node.otherSeconds,
    cell: (node) => seconds(node.otherSeconds),
  },
  { id: "took", label: "Took now", right: true, by: (node) => node.seconds, cell: (node) => seconds(node.seconds) },
  {
    id: "slower",
    label: "Slower by",
    right: true,
    by: (node) => -Math.abs(slowerBy(node) ?? 0),
    cell: (node) => {
      const by = slowerBy(node);
      if (by === null || Math.abs(by) < 0.02) return "";
      return (
        <span class={by > 0 ? "bad-text" : "good-text"}>
          {by > 0 ? "+" : "−"}
          {seconds(Math.abs(by))}
        </span>
      );
    },
  },
];

/** A run beside another one of its lab. */
export function Compare({ run, lab }: { run: string; lab: string }) {
  const runs = useApi<RunList>(`/runs?lab=${encodeURIComponent(lab)}&limit=30`);
  const others = runs.data?.runs.filter(({ id }) => id !== run) ?? [];
  const other = queryValue("with") || others.find(({ id }) => id < run)?.id || others[0]?.id || "";
  const found = useApi<Comparison>(other ? `/runs/${run}/compare/${other}` : "");
  if (runs.data && others.length === 0) return <Empty title="There is no other run of this lab" />;
  const wordsOf = (each: RunInfoJson) =>
    `${each.id.slice(-7)} ${each.status} ${new Date(each.startedAt).toLocaleString()}`;
  return (
    <>
      <div class="graph-bar">
        Compare with
        <Pick
          name="with"
          label="Other run"
          values={others.map(({ id }) => id)}
          words={Object.fromEntries(others.map((each) => [each.id, wordsOf(each)]))}
          value={other}
        />
        {other && <a href={links.run(other)}>Open it</a>}
      </div>
      <Gate from={found}>
        {({ run: now, other: then, nodes }) => (
          <>
            <Totals now={now} then={then} />
            <h2>Ended otherwise</h2>
            <Table
              label="Ended otherwise"
              name="otherwise"
              columns={columnsOf(lab)}
              rows={nodes.filter(otherwise)}
              keyOf={(node) => node.uniqueId}
              empty={<Empty title="Every node ended the same way" />}
            />
            <h2>Slower and faster</h2>
            <Table
              label="Slower and faster"
              name="slower"
              columns={columnsOf(lab)}
              rows={nodes.filter((node) => Math.abs(slowerBy(node) ?? 0) > 0.02)}
              keyOf={(node) => node.uniqueId}
              sort="slower"
              most={15}
              empty={<Empty title="No node differs by more than 20 ms" />}
            />
          </>
        )}
      </Gate>
    </>
  );
}

function Totals({ now, then }: { now: RunInfoJson; then: RunInfoJson }) {
  const of = (run: RunInfoJson) =>
    (run.summary ?? {}) as { rowsLoaded?: number; rowsQuarantined?: number; score?: number | null };
  const rows: { name: string; cell: (run: RunInfoJson) => preact.ComponentChildren }[] = [
    { name: "Status", cell: (run) => <Status is={run.status} /> },
    { name: "Took", cell: (run) => seconds(run.seconds) },
    { name: "Rows loaded", cell: (run) => count(of(run).rowsLoaded) },
    { name: "Quarantined", cell: (run) => count(of(run).rowsQuarantined) },
    { name: "Score", cell: (run) => <Score value={of(run).score ?? null} /> },
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class="scroll" tabIndex={0} role="region" aria-label="Both runs">
      <table class="grid compact">
        <thead>
          <tr>
            <th>
              <span class="hidden">What</span>
            </th>
            <th>Then</th>
            <th>Now</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, cell }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{cell(then)}</td>
              <td>{cell(now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
