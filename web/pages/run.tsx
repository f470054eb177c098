import { useEffect, useState } from "preact/hooks";
import type { RunDetailJson } from "../../src/server/types.ts";
import { cancelJob, runLab } from "../lib/actions.ts";
import { mayAct, useApi } from "../lib/api.ts";
import { count, seconds } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { throttled, useLive } from "../lib/live.ts";
import { go, links, queryValue, setQuery } from "../lib/router.ts";
import { Elapsed, Figure, Gate, Head, Score, Status, Tabs, Time, toneOf } from "../parts/basic.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { About } from "./run/about.tsx";
import { Compare } from "./run/compare.tsx";
import { Failure } from "./run/failure.tsx";
import { Log } from "./run/log.tsx";
import { isBroken, isTest } from "./run/node.ts";
import { Nodes, Skipped } from "./run/nodes.tsx";

export default function RunPage({ id }: { id: string }) {
  const detail = useApi<RunDetailJson>(`/runs/${encodeURIComponent(id)}`);
  const [ask] = useState(() => throttled(detail.reload, 700));
  useLive(
    (event) => {
      if ((event.type === "run" && event.run === id) || event.type === "reset") ask();
    },
    [id],
  );
  return <Gate from={detail}>{(data) => <Run data={data} />}</Gate>;
}

function Run({ data }: { data: RunDetailJson }) {
  const { run, nodes } = data;
  // Whoever asks for the next run is taken there when it begins.
  const [asked, setAsked] = useState<string>();
  const last = labs.value?.find(({ name }) => name === run.lab)?.lastRun;
  useEffect(() => {
    if (asked && last && last.id !== run.id && last.startedAt >= asked) go(links.run(last.id));
  }, [asked, last?.id]);
  const bad = nodes.filter(isBroken);
  const tab = queryValue("tab") || (run.status === "failed" && bad.length > 0 ? "failures" : "timeline");
  const summary = run.summary as {
    rowsLoaded?: number;
    rowsQuarantined?: number;
    score?: number | null;
    message?: string;
    error?: { code: string; message: string; hint?: string };
  } | null;
  const models = nodes.filter((node) => !isTest(node));
  const skipped = nodes.filter(({ status }) => status === "skipped");
  return (
    <>
      <Head
        title={
          <>
            Run <span class="mono">{run.id.slice(-7)}</span> <Status is={run.status} />
          </>
        }
        above={
          <>
            <a href="/">Labs</a> / <a href={links.lab(run.lab)}>{run.lab}</a>
          </>
        }
      >
        {mayAct(run.lab) && run.status === "running" && run.job && (
          <button type="button" class="button" onClick={() => void cancelJob(run.job ?? "")}>
            Cancel
          </button>
        )}
        {mayAct(run.lab) && run.status !== "running" && (
          <button
            type="button"
            class="button primary"
            title="What is unchanged since is not built again: it goes on from where it failed"
            disabled={asked !== undefined}
            onClick={() => void runLab(run.lab).then((job) => setAsked(job?.createdAt))}
          >
            {asked ? "It is queued …" : run.status === "ok" ? "Run again" : "Run from where it failed"}
          </button>
        )}
      </Head>
      <dl class="figures">
        <Figure label="Started">
          <Time at={run.startedAt} />
        </Figure>
        <Figure label="Took">{run.seconds === null ? <Elapsed since={run.startedAt} /> : seconds(run.seconds)}</Figure>
        <Figure label="Models">
          {count(models.filter((node) => toneOf(node.status) === "good").length)}
          <span class="faint"> of {count(models.length)}</span>
        </Figure>
        <Figure label="Tests" tone={bad.some(isTest) ? "bad" : ""}>
          {count(nodes.filter((node) => isTest(node) && node.status === "pass").length)}
          <span class="faint"> of {count(nodes.length - models.length)}</span>
        </Figure>
        <Figure label="Rows loaded">{count(summary?.rowsLoaded)}</Figure>
        <Figure label="Quarantined">{count(summary?.rowsQuarantined)}</Figure>
        <Figure label="Score">
          <Score value={summary?.score ?? null} />
        </Figure>
      </dl>
      {summary?.message && run.status !== "ok" && (
        <p class={`callout ${toneOf(run.status)}`} role="note">
          <strong>{summary.message}</strong>
          {summary.error && (
            <span class="pre">
              {" "}
              {summary.error.code}: {summary.error.message}
            </span>
          )}
        </p>
      )}
      {run.status === "crashed" && (
        <p class="callout bad" role="note">
          Its process is gone without saying how it ended: killed, or out of memory. The log shows what it did last.
        </p>
      )}
      <Tabs
        active={tab}
        onPick={(id) => setQuery({ tab: id, q: "", line: "" }, { push: true })}
        tabs={[
          ...(bad.length > 0 ? [{ id: "failures", label: "Failures", count: bad.length }] : []),
          { id: "timeline", label: "Timeline" },
          { id: "nodes", label: "Models and tests", count: nodes.length },
          ...(skipped.length > 0 ? [{ id: "skipped", label: "Skipped", count: skipped.length }] : []),
          { id: "log", label: "Log" },
          { id: "compare", label: "Compare" },
          { id: "about", label: "About" },
        ]}
      />
      <div role="tabpanel">
        {tab === "failures" &&
          bad.map((node) => <Failure key={node.uniqueId} lab={run.lab} run={run.id} node={node} all={nodes} />)}
        {tab === "timeline" && <Timeline data={data} />}
        {tab === "nodes" && <Nodes lab={run.lab} nodes={nodes} />}
        {tab === "skipped" && <Skipped lab={run.lab} nodes={skipped} all={nodes} />}
        {tab === "log" && <Log run={run.id} live={run.status === "running"} />}
        {tab === "compare" && <Compare run={run.id} lab={run.lab} />}
        {tab === "about" && <About data={data} />}
      </div>
    </>
  );
}
