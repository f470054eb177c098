import type { RunInfoJson } from "../../src/server/types.ts";
import { count, seconds } from "../lib/format.ts";
import { links } from "../lib/router.ts";
import { Score, Status, Time } from "./basic.tsx";

const triggers: Record<string, string> = {
  cli: "by hand",
  api: "from the page",
  schedule: "schedule",
  files: "new files",
  publish: "a lab before it",
};

export function RunTable({ runs, withLab }: { runs: RunInfoJson[]; withLab: boolean }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table class="grid cards">
        <thead>
          <tr>
            <th>Run</th>
            {withLab && <th>Lab</th>}
            <th>Status</th>
            <th>Started</th>
            <th class="right">Took</th>
            <th>Why</th>
            <th>By</th>
            <th class="right">Rows loaded</th>
            <th>Score</th>
            <th>What happened</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const summary = run.summary as { rowsLoaded?: number; score?: number | null; message?: string } | null;
            return (
              <tr key={run.id}>
                <td class="name">
                  <a href={links.run(run.id)} class="mono">
                    {run.id.slice(-7)}
                  </a>
                </td>
                {withLab && (
                  <td data-label="Lab">
                    <a href={links.lab(run.lab)}>{run.lab}</a>
                  </td>
                )}
                <td data-label="Status">
                  <Status is={run.status} />
                </td>
                <td data-label="Started">
                  <Time at={run.startedAt} />
                </td>
                <td data-label="Took" class="right">
                  {seconds(run.seconds)}
                </td>
                <td data-label="Why">{triggers[run.trigger] ?? run.trigger}</td>
                <td data-label="By">{run.user}</td>
                <td data-label="Rows loaded" class="right">
                  {count(summary?.rowsLoaded)}
                </td>
                <td data-label="Score">
                  <Score value={summary?.score ?? null} />
                </td>
                <td data-label="What happened" class="message">
                  {summary?.message}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
