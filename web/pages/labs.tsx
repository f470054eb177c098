import type { LabRow } from "../../src/server/types.ts";
import { cancelJob, pauseLab, resumeLab, runLab } from "../lib/actions.ts";
import { mayAct } from "../lib/api.ts";
import { count, plural } from "../lib/format.ts";
import { labs, labsProblem, loadLabs, progress, steps, urgency } from "../lib/labs.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, ErrorBox, Figure, Head, Loading, Name, Score, Spark, Status, Time } from "../parts/basic.tsx";

const columns: { id: string; label: string; right?: boolean; by: (lab: LabRow) => number | string }[] = [
  { id: "name", label: "Lab", by: (lab) => lab.name },
  { id: "state", label: "State", by: urgency },
  { id: "last", label: "Last run", by: (lab) => -Date.parse(lab.lastRun?.startedAt ?? "1970-01-01") },
  { id: "next", label: "Next run", by: (lab) => Date.parse(lab.nextRun ?? "2999-01-01") },
  { id: "fresh", label: "Published", by: (lab) => -Date.parse(lab.publishedAt ?? "1970-01-01") },
  { id: "score", label: "Score", by: (lab) => lab.score ?? 101 },
  { id: "rows", label: "Rows", right: true, by: (lab) => -(lab.rows ?? -1) },
  { id: "tests", label: "Failing tests", right: true, by: (lab) => -lab.failingTests },
  { id: "quarantine", label: "Quarantined", right: true, by: (lab) => -(lab.quarantined ?? -1) },
  { id: "owner", label: "Owner", by: (lab) => lab.owner ?? "~" },
];

const filters: Record<string, { label: string; fits: (lab: LabRow) => boolean }> = {
  "": { label: "All", fits: (lab) => lab.status !== "archived" },
  trouble: { label: "Problems", fits: (lab) => urgency(lab) === 0 },
  running: { label: "Running", fits: (lab) => lab.state === "running" || lab.state === "queued" },
  paused: { label: "Paused", fits: (lab) => lab.paused !== null || lab.status === "paused" },
  archived: { label: "Archived", fits: (lab) => lab.status === "archived" },
};

function shown(all: LabRow[]): LabRow[] {
  const search = queryValue("q").toLowerCase();
  const filter = filters[queryValue("show")] ?? filters[""];
  const column = columns.find(({ id }) => id === queryValue("sort")) ?? columns[1];
  const turn = queryValue("desc") === "" ? 1 : -1;
  const text = (lab: LabRow) => [lab.name, lab.owner, lab.description, ...lab.tags].join(" ").toLowerCase();
  return all
    .filter((lab) => filter?.fits(lab) && text(lab).includes(search))
    .sort((a, b) => {
      const [left, right] = [column?.by(a) ?? 0, column?.by(b) ?? 0];
      return left < right ? -turn : left > right ? turn : a.name < b.name ? -1 : 1;
    });
}

export default function LabsPage() {
  const all = labs.value;
  if (all === undefined)
    return labsProblem.value ? <ErrorBox problem={labsProblem.value} retry={() => void loadLabs()} /> : <Loading />;
  const rows = shown(all);
  const sort = queryValue("sort") || "state";
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
      {rows.length === 0 ? (
        all.length === 0 ? (
          <Empty title="There are no labs yet">
            Create one in the terminal: <code>labs new my_lab</code>. It appears here by itself.
          </Empty>
        ) : (
          <Empty title="No lab fits">Change the search or the filter.</Empty>
        )
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table">
          <table class="grid labs-grid">
            <thead>
              <tr>
                {columns.map(({ id, label, right }) => {
                  const on = sort === id;
                  const down = on && queryValue("desc") !== "";
                  return (
                    <th
                      key={id}
                      class={right ? "right" : ""}
                      aria-sort={on ? (down ? "descending" : "ascending") : undefined}
                    >
                      <button type="button" onClick={() => setQuery({ sort: id, desc: on && !down ? "1" : "" })}>
                        {label}
                        <span aria-hidden="true">{on ? (down ? " ↓" : " ↑") : ""}</span>
                      </button>
                    </th>
                  );
                })}
                {mayAct() && (
                  <th>
                    <span class="hidden">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((lab) => (
                <Row key={lab.name} lab={lab} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ lab }: { lab: LabRow }) {
  const bad = urgency(lab) === 0;
  return (
    <tr class={bad ? "trouble" : ""}>
      <td class="name">
        <a href={links.lab(lab.name)}>
          <Name>{lab.name}</Name>
        </a>
        {bad && lab.trouble ? (
          <p class="why">{lab.trouble}</p>
        ) : (
          lab.description && <p class="faint small">{lab.description}</p>
        )}
      </td>
      <td data-label="State">
        <LabStatus lab={lab} />
      </td>
      <td data-label="Last run">
        {lab.lastRun ? (
          <a class="plain" href={links.run(lab.lastRun.id)}>
            <Time at={lab.lastRun.startedAt} />
          </a>
        ) : (
          <span class="faint">never</span>
        )}
      </td>
      <td data-label="Next run" title={lab.schedule ?? "No schedule: it runs when somebody asks"}>
        {lab.paused ? (
          <span class="faint">paused</span>
        ) : (
          <Time at={lab.nextRun} none={lab.schedule ? "on event" : "by hand"} />
        )}
      </td>
      <td data-label="Published">
        <Time at={lab.publishedAt} none="never" />
      </td>
      <td data-label="Score">
        <span class="with-spark">
          <Score value={lab.score} />
          <Spark values={lab.trend} label={`Score of the last ${plural(lab.trend.length, "run")}`} />
        </span>
      </td>
      <td data-label="Rows" class="right">
        {count(lab.rows)}
      </td>
      <td data-label="Failing tests" class={`right${lab.failingTests > 0 ? " bad-text" : ""}`}>
        {count(lab.failingTests)}
      </td>
      <td data-label="Quarantined" class="right">
        {lab.quarantined ? <a href={links.quarantine(lab.name)}>{count(lab.quarantined)}</a> : count(lab.quarantined)}
      </td>
      <td data-label="Owner" class="owner">
        {lab.owner ?? <span class="faint">–</span>}
      </td>
      {mayAct() && (
        <td class="actions-cell">
          <LabActions lab={lab} small />
        </td>
      )}
    </tr>
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
  if (!mayAct() || lab.status === "archived") return null;
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
