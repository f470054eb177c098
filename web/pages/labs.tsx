import type { LabRow } from "../../src/server/types.ts";
import { cancelJob, pauseLab, resumeLab, runLab } from "../lib/actions.ts";
import { mayAct } from "../lib/api.ts";
import { count, plural } from "../lib/format.ts";
import { labs, labsProblem, loadLabs, progress, steps, urgency } from "../lib/labs.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, ErrorBox, Figure, Head, Loading, Name, Score, Spark, Status, Time } from "../parts/basic.tsx";
import { type Column, Table } from "../parts/table.tsx";

const columns: Column<LabRow>[] = [
  {
    id: "name",
    label: "Lab",
    class: "name",
    by: (lab) => lab.name,
    cell: (lab) => (
      <>
        <a href={links.lab(lab.name)}>
          <Name>{lab.name}</Name>
        </a>
        {urgency(lab) === 0 && lab.trouble ? (
          <p class="why">{lab.trouble}</p>
        ) : (
          lab.description && (
            <p class="faint small what" dir="auto" title={lab.description}>
              {lab.description}
            </p>
          )
        )}
      </>
    ),
  },
  { id: "state", label: "State", by: urgency, cell: (lab) => <LabStatus lab={lab} /> },
  {
    id: "last",
    label: "Last run",
    by: (lab) => lab.lastRun && -Date.parse(lab.lastRun.startedAt),
    cell: (lab) =>
      lab.lastRun ? (
        <a class="plain" href={links.run(lab.lastRun.id)}>
          <Time at={lab.lastRun.startedAt} />
        </a>
      ) : (
        <span class="faint">never</span>
      ),
  },
  {
    id: "next",
    label: "Next run",
    by: (lab) => lab.nextRun && Date.parse(lab.nextRun),
    title: (lab) => lab.schedule ?? "No schedule: it runs when somebody asks",
    cell: (lab) =>
      lab.paused ? (
        <span class="faint">paused</span>
      ) : (
        <Time at={lab.nextRun} none={lab.schedule ? "on event" : "by hand"} />
      ),
  },
  {
    id: "fresh",
    label: "Published",
    by: (lab) => lab.publishedAt && -Date.parse(lab.publishedAt),
    cell: (lab) => <Time at={lab.publishedAt} none="never" />,
  },
  {
    id: "score",
    label: "Score",
    by: (lab) => lab.score,
    cell: (lab) => (
      <span class="with-spark">
        <Score value={lab.score} />
        <Spark values={lab.trend} label={`Score of the last ${plural(lab.trend.length, "run")}`} />
      </span>
    ),
  },
  {
    id: "rows",
    label: "Rows",
    right: true,
    by: (lab) => (lab.rows === null ? null : -lab.rows),
    cell: (lab) => count(lab.rows),
  },
  {
    id: "tests",
    label: "Failing tests",
    right: true,
    class: (lab) => (lab.failingTests > 0 ? "bad-text" : ""),
    by: (lab) => -lab.failingTests,
    cell: (lab) => count(lab.failingTests),
  },
  {
    id: "quarantine",
    label: "Quarantined",
    right: true,
    by: (lab) => (lab.quarantined === null ? null : -lab.quarantined),
    cell: (lab) =>
      lab.quarantined ? <a href={links.quarantine(lab.name)}>{count(lab.quarantined)}</a> : count(lab.quarantined),
  },
  {
    id: "owner",
    label: "Owner",
    class: "owner",
    by: (lab) => lab.owner,
    cell: (lab) => lab.owner ?? <span class="faint">–</span>,
  },
];
const actions: Column<LabRow> = {
  id: "actions",
  label: "Actions",
  quiet: true,
  class: "actions-cell",
  cell: (lab) => <LabActions lab={lab} small />,
};

const filters: Record<string, { label: string; fits: (lab: LabRow) => boolean }> = {
  "": { label: "All", fits: (lab) => lab.status !== "archived" },
  trouble: { label: "Problems", fits: (lab) => urgency(lab) === 0 },
  running: { label: "Running", fits: (lab) => lab.state === "running" || lab.state === "queued" },
  paused: { label: "Paused", fits: (lab) => lab.paused !== null || lab.status === "paused" },
  archived: { label: "Archived", fits: (lab) => lab.status === "archived" },
};

function shown(all: LabRow[]): LabRow[] {
  const words = queryValue("q").toLowerCase().split(/\s+/).filter(Boolean);
  const filter = filters[queryValue("show")] ?? filters[""];
  const text = (lab: LabRow) => [lab.name, lab.owner, lab.description, ...lab.tags].join(" ").toLowerCase();
  return all
    .filter((lab) => filter?.fits(lab) && words.every((word) => text(lab).includes(word)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export default function LabsPage() {
  const all = labs.value;
  if (all === undefined)
    return labsProblem.value ? <ErrorBox problem={labsProblem.value} retry={() => void loadLabs()} /> : <Loading />;
  const rows = shown(all);
  const trouble = all.filter((lab) => urgency(lab) === 0);
  const scores = all.flatMap(({ score }) => score ?? []);
  return (
    <>
      <Head title="Labs">
        <input
          class="search"
          type="search"
          placeholder="Search labs, owners, tags"
          aria-label="Search labs"
          value={queryValue("q")}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
      </Head>
      <dl class="figures">
        <Figure label="Labs">{count(all.length)}</Figure>
        <Figure label="Problems" tone={trouble.length > 0 ? "bad" : "good"}>
          {count(trouble.length)}
        </Figure>
        <Figure label="Running">{count(all.filter(({ state }) => state === "running").length)}</Figure>
        <Figure label="Lowest score">
          <Score value={scores.length > 0 ? Math.min(...scores) : null} />
        </Figure>
        <Figure label="Failing tests">{count(all.reduce((sum, lab) => sum + lab.failingTests, 0))}</Figure>
      </dl>
      <div class="chips" role="group" aria-label="Show">
        {Object.entries(filters).map(([id, { label, fits }]) => {
          const n = all.filter(fits).length;
          const on = queryValue("show") === id;
          return n === 0 && id !== "" && !on ? null : (
            <button key={id} type="button" class="chip" aria-pressed={on} onClick={() => setQuery({ show: id })}>
              {label} <span class="count">{n}</span>
            </button>
          );
        })}
      </div>
      <Table
        label="Labs"
        columns={mayAct() ? [...columns, actions] : columns}
        rows={rows}
        keyOf={(lab) => lab.name}
        sort="state"
        class="labs-grid"
        rowClass={(lab) => (urgency(lab) === 0 ? "trouble" : "")}
        empty={
          all.length === 0 ? (
            <Empty title="There are no labs yet">
              Create one in the terminal: <code>labs new my_lab</code>. It appears here by itself.
            </Empty>
          ) : (
            <Empty title="No lab fits">Change the search or the filter.</Empty>
          )
        }
      />
    </>
  );
}

/** State with what goes on now. */
export function LabStatus({ lab }: { lab: LabRow }) {
  const at = progress.value[lab.name];
  const step = steps.value[lab.name];
  const word = lab.status === "archived" ? "archived" : lab.state === "never" ? "never ran" : lab.state;
  return (
    <span class="lab-status">
      <Status is={word} />
      {lab.state === "running" && (step || at) && (
        <span class="faint small">
          {step}
          {at && step === "transform" ? ` ${at.done}/${at.total}` : ""}
        </span>
      )}
      {lab.state === "running" && at && step === "transform" && (
        <progress max={Math.max(at.total, 1)} value={at.done} aria-label={`${at.done} of ${at.total} nodes`} />
      )}
    </span>
  );
}

export function LabActions({ lab, small = false }: { lab: LabRow; small?: boolean }) {
  if (!mayAct(lab.name) || lab.status === "archived") return null;
  const cls = small ? "button small" : "button";
  const { job } = lab;
  const busy = lab.state === "running" || lab.state === "queued";
  return (
    <span class="buttons">
      {busy ? (
        job && (
          <button type="button" class={cls} aria-label={`Cancel ${lab.name}`} onClick={() => void cancelJob(job.id)}>
            Cancel
          </button>
        )
      ) : (
        <button
          type="button"
          class={`${cls}${small ? "" : " primary"}`}
          aria-label={`Run ${lab.name}`}
          onClick={() => void runLab(lab.name)}
        >
          Run
        </button>
      )}
      {lab.paused?.at ? (
        <button type="button" class={cls} aria-label={`Resume ${lab.name}`} onClick={() => void resumeLab(lab.name)}>
          Resume
        </button>
      ) : (
        lab.schedule &&
        !lab.paused && (
          <button type="button" class={cls} aria-label={`Pause ${lab.name}`} onClick={() => void pauseLab(lab.name)}>
            Pause
          </button>
        )
      )}
    </span>
  );
}
