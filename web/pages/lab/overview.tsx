import type { LabDetail, RunDetailJson, RunList } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { seconds } from "../../lib/format.ts";
import { progress } from "../../lib/labs.ts";
import { useRunNews } from "../../lib/run-news.ts";
import { Empty, Gate, Status } from "../../parts/basic.tsx";
import { RunTable } from "../../parts/run-table.tsx";

export function Overview({ name, detail }: { name: string; detail: LabDetail }) {
  const runs = useApi<RunList>(`/runs?lab=${encodeURIComponent(name)}&limit=15`);
  useRunNews(name, runs.reload);
  const lastId = runs.data?.runs[0]?.id;
  const last = useApi<RunDetailJson>(lastId ? `/runs/${lastId}` : "");
  useRunNews(name, last.reload);
  return (
    <Gate from={runs}>
      {({ runs: list }) =>
        list.length === 0 ? (
          <Empty title="It has not run yet">
            Press Run above, or in the terminal: <code>labs run {name}</code>
          </Empty>
        ) : (
          <>
            <h2>Pipeline</h2>
            <Pipeline steps={detail.steps} run={last.data} lab={name} />
            <h2>Runs</h2>
            <RunTable runs={list} withLab={false} />
          </>
        )
      }
    </Gate>
  );
}

/** The stages of a run side by side, as they go. */
function Pipeline({ steps, run, lab }: { steps: string[]; run: RunDetailJson | undefined; lab: string }) {
  const at = progress.value[lab];
  const names = [...new Set([...steps, ...(run?.steps.map((step) => step.name) ?? [])])];
  return (
    <ol class="pipeline">
      {names.map((step) => {
        const found = run?.steps.findLast((each) => each.name === step);
        const status = found?.status ?? (run?.run.status === "running" ? "waits" : "skipped");
        return (
          <li key={step} class={`stage ${status}`}>
            <span class="stage-name">{step}</span>
            <Status is={status} />
            <span class="faint small">
              {status === "running" && step === "transform" && at
                ? `${at.done} of ${at.total}`
                : seconds(found?.seconds)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
