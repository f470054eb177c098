import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { NodeDetail, RunDetailJson, RunEvent, RunEvents, RunList } from "../../src/server/types.ts";
import { cancelJob, runLab } from "../lib/actions.ts";
import { get, mayAct, useApi } from "../lib/api.ts";
import { count, logTime, plural, seconds } from "../lib/format.ts";
import { throttled, useLive } from "../lib/live.ts";
import { go, links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Figure, Gate, Head, Loading, Score, Status, Tabs, Time, toneOf } from "../parts/basic.tsx";
import { Code } from "../parts/code.tsx";
import { Timeline } from "../parts/timeline.tsx";

type Node = RunDetailJson["nodes"][number];
const isTest = ({ resourceType }: Node) => /test|expectation/.test(resourceType);
const broken = (node: Node) => toneOf(node.status) === "bad";

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
  const bad = nodes.filter(broken);
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
        {mayAct() && run.status === "running" && run.job && (
          <button type="button" class="button" onClick={() => void cancelJob(run.job ?? "")}>
            Cancel
          </button>
        )}
        {mayAct() && run.status !== "running" && (
          <button
            type="button"
            class="button primary"
            title="What is unchanged since is not built again: it goes on from where it failed"
            onClick={() => void runLab(run.lab).then((job) => job && go(links.lab(run.lab)))}
          >
            {run.status === "ok" ? "Run again" : "Run from where it failed"}
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
        onPick={(id) => setQuery({ tab: id }, { push: true })}
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
        {tab === "failures" && bad.map((node) => <Failure key={node.uniqueId} lab={run.lab} node={node} all={nodes} />)}
        {tab === "timeline" && <Timeline data={data} />}
        {tab === "nodes" && <Nodes lab={run.lab} nodes={nodes} />}
        {tab === "skipped" && <Skipped nodes={skipped} all={nodes} />}
        {tab === "log" && <Log run={run.id} live={run.status === "running"} />}
        {tab === "compare" && <Compare run={run.id} lab={run.lab} />}
        {tab === "about" && <About data={data} />}
      </div>
    </>
  );
}

function Elapsed({ since }: { since: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  return <>{seconds((Date.now() - Date.parse(since)) / 1000)}</>;
}

/** A broken node: what was said, where, and both texts of its SQL. */
function Failure({ lab, node, all }: { lab: string; node: Node; all: Node[] }) {
  const detail = useApi<NodeDetail>(`/labs/${encodeURIComponent(lab)}/nodes/${encodeURIComponent(node.uniqueId)}`);
  const [side, setSide] = useState("source");
  const place = node.error?.place;
  const behind = all.filter((other) => other.behind.includes(node.uniqueId));
  const shown = side === "source" ? detail.data?.source : detail.data?.compiled;
  return (
    <section class="failure">
      <header>
        <Status is={node.status} />
        <h2>
          {node.resourceType} {node.name}
        </h2>
        <span class="faint small">{seconds(node.seconds)}</span>
      </header>
      <p class="pre message">{node.error ? `${node.error.code}: ${node.error.message}` : node.message}</p>
      {place && (
        <p class="mono small">
          {place.file}
          {place.line ? `:${place.line}` : ""}
          {place.column ? `:${place.column}` : ""}
        </p>
      )}
      {node.failures ? <p>{plural(node.failures, "row")} fail.</p> : null}
      {behind.length > 0 && (
        <p class="small">
          {plural(behind.length, "node")} behind it {behind.length === 1 ? "was" : "were"} skipped:{" "}
          {behind
            .slice(0, 8)
            .map(({ name }) => name)
            .join(", ")}
          {behind.length > 8 ? " …" : ""}
        </p>
      )}
      {detail.loading && !detail.data && <Loading lines={4} />}
      {detail.data && (detail.data.source || detail.data.compiled) && (
        <>
          <div class="chips">
            {detail.data.source && (
              <button type="button" class="chip" aria-pressed={side === "source"} onClick={() => setSide("source")}>
                As written
              </button>
            )}
            {detail.data.compiled && (
              <button type="button" class="chip" aria-pressed={side === "compiled"} onClick={() => setSide("compiled")}>
                As run
              </button>
            )}
          </div>
          {shown && (
            <Code
              text={shown}
              {...(side === "source" && place?.line !== undefined && { mark: place.line })}
              {...(side === "source" && place?.column !== undefined && { column: place.column })}
            />
          )}
        </>
      )}
      <p>
        <a href={links.node(lab, node.uniqueId)}>Show it in the graph</a>
      </p>
    </section>
  );
}

function Nodes({ lab, nodes }: { lab: string; nodes: Node[] }) {
  const search = queryValue("q").toLowerCase();
  const shown = nodes.filter(({ name, status }) => `${name} ${status}`.toLowerCase().includes(search));
  return (
    <>
      <p>
        <input
          class="search"
          type="search"
          placeholder="Name or status"
          aria-label="Filter models and tests"
          value={queryValue("q")}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
      </p>
      {shown.length === 0 ? (
        <Empty title={nodes.length === 0 ? "Nothing was built" : "None fits"} />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table">
          <table class="grid">
            <thead>
              <tr>
                <th>Name</th>
                <th>Type</th>
                <th>Status</th>
                <th class="right">Took</th>
                <th class="right">Failing rows</th>
                <th>Table</th>
                <th>Message</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, 500).map((node) => (
                <tr key={node.uniqueId}>
                  <td class="wide">{node.name}</td>
                  <td>{node.resourceType}</td>
                  <td>
                    <Status is={node.status} />
                  </td>
                  <td class="right">{seconds(node.seconds)}</td>
                  <td class="right">{node.failures ? count(node.failures) : ""}</td>
                  <td>{node.relation && <a href={links.table(lab, node.relation)}>{node.relation}</a>}</td>
                  <td class="message">
                    {/^(OK|REUSED|SKIP)$/.test(node.message ?? "") ? "" : node.message?.split("\n")[0]}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > 500 && <p class="faint">The first 500 of {count(shown.length)}; search for the others.</p>}
    </>
  );
}

function Skipped({ nodes, all }: { nodes: Node[]; all: Node[] }) {
  const nameOf = (id: string) => all.find(({ uniqueId }) => uniqueId === id)?.name ?? id;
  return (
    <ul class="plain-list">
      {nodes.map((node) => (
        <li key={node.uniqueId}>
          <strong>{node.name}</strong>{" "}
          <span class="faint">
            {node.behind.length > 0 ? `behind ${node.behind.map(nameOf).join(", ")}` : (node.message ?? "")}
          </span>
        </li>
      ))}
    </ul>
  );
}

const levels = ["debug", "info", "warn", "error"];

/** The log as it grows: what is new is asked for when the event stream says that there is something. */
function Log({ run, live }: { run: string; live: boolean }) {
  const [events, setEvents] = useState<RunEvent[]>();
  const [follow, setFollow] = useState(true);
  const next = useRef(-1);
  const busy = useRef(false);
  const end = useRef<HTMLDivElement>(null);
  const more = useMemo(() => {
    next.current = -1;
    const ask = async (): Promise<void> => {
      if (busy.current) return;
      busy.current = true;
      try {
        const page = await get<RunEvents>(`/runs/${encodeURIComponent(run)}/events?after=${next.current}&limit=2000`);
        next.current = page.next ?? next.current;
        setEvents((before) => [...(before ?? []), ...page.events]);
        if (page.events.length === 2000) queueMicrotask(() => void ask());
      } finally {
        busy.current = false;
      }
    };
    return ask;
  }, [run]);
  useEffect(() => void more().catch(() => setEvents([])), [more]);
  useLive(
    (event) => {
      if ((event.type === "run" && event.run === run) || event.type === "reset") void more().catch(() => {});
    },
    [run],
  );
  const level = queryValue("level") || "debug";
  const search = queryValue("q").toLowerCase();
  const shown = (events ?? []).filter(
    (event) => levels.indexOf(event.level) >= levels.indexOf(level) && event.text.toLowerCase().includes(search),
  );
  useEffect(() => {
    if (live && follow) end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [shown.length, live, follow]);
  if (events === undefined) return <Loading />;
  return (
    <>
      <div class="graph-bar">
        <input
          class="search"
          type="search"
          placeholder="Filter the log"
          aria-label="Filter the log"
          value={queryValue("q")}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <label class="pick">
          <span class="hidden">Level</span>
          <select value={level} onChange={(event) => setQuery({ level: event.currentTarget.value })}>
            {levels.map((name) => (
              <option key={name} value={name}>
                {name === "debug" ? "everything" : `${name} and worse`}
              </option>
            ))}
          </select>
        </label>
        <span class="faint small">{plural(shown.length, "line")}</span>
        {live && (
          <label class="check">
            <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} />{" "}
            Follow
          </label>
        )}
      </div>
      {shown.length === 0 ? (
        <Empty title={events.length === 0 ? "Nothing was logged yet" : "No line fits"} />
      ) : (
        <div class="log" ref={end} tabIndex={0} role="log" aria-label="Log of the run">
          {shown.map((event) => (
            <p key={event.seq} id={`line-${event.seq}`} class={event.level}>
              <time dateTime={event.time} title={event.time}>
                {logTime(event.time)}
              </time>
              <span class="step">{event.step}</span>
              <span class="pre">{event.text}</span>
            </p>
          ))}
        </div>
      )}
    </>
  );
}

interface Comparison {
  nodes: {
    uniqueId: string;
    name: string;
    status: string | null;
    otherStatus: string | null;
    seconds: number | null;
    otherSeconds: number | null;
  }[];
}

function Compare({ run, lab }: { run: string; lab: string }) {
  const runs = useApi<RunList>(`/runs?lab=${encodeURIComponent(lab)}&limit=30`);
  const others = runs.data?.runs.filter(({ id }) => id !== run) ?? [];
  const other = queryValue("with") || others.find(({ id }) => id < run)?.id || others[0]?.id || "";
  const found = useApi<Comparison>(other ? `/runs/${run}/compare/${other}` : "");
  if (runs.data && others.length === 0) return <Empty title="There is no other run of this lab" />;
  const nodes = found.data?.nodes ?? [];
  const differ = nodes.filter(
    // Built or left as it was: both are well.
    ({ status, otherStatus }) =>
      status !== otherStatus && !(toneOf(status) === "good" && toneOf(otherStatus) === "good"),
  );
  const slower = nodes
    .filter((node) => node.seconds !== null && node.otherSeconds !== null)
    .map((node) => ({ ...node, by: (node.seconds ?? 0) - (node.otherSeconds ?? 0) }))
    .filter(({ by }) => Math.abs(by) > 0.02)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
    .slice(0, 15);
  return (
    <>
      <p>
        <label>
          Compare with{" "}
          <select value={other} onChange={(event) => setQuery({ with: event.currentTarget.value })}>
            {others.map((each) => (
              <option key={each.id} value={each.id}>
                {each.id.slice(-7)} {each.status} {new Date(each.startedAt).toLocaleString()}
              </option>
            ))}
          </select>
        </label>
      </p>
      <Gate from={found}>
        {() => (
          <>
            <h2>Ended otherwise</h2>
            {differ.length === 0 ? (
              <Empty title="Every node ended the same way" />
            ) : (
              <ul class="plain-list">
                {differ.slice(0, 200).map((node) => (
                  <li key={node.uniqueId}>
                    {node.otherStatus ? <Status is={node.otherStatus} /> : <span class="faint">did not run</span>} →{" "}
                    {node.status ? <Status is={node.status} /> : <span class="faint">did not run</span>} {node.name}
                  </li>
                ))}
              </ul>
            )}
            <h2>Slower and faster</h2>
            {slower.length === 0 ? (
              <Empty title="No node differs by more than 20 ms" />
            ) : (
              <ul class="plain-list">
                {slower.map((node) => (
                  <li key={node.uniqueId}>
                    <span class={`mono ${node.by > 0 ? "bad-text" : "good-text"}`}>
                      {node.by > 0 ? "+" : "−"}
                      {seconds(Math.abs(node.by))}
                    </span>{" "}
                    {node.name}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Gate>
    </>
  );
}

function About({ data: { run, steps, versions } }: { data: RunDetailJson }) {
  return (
    <dl class="pairs">
      <dt>Id</dt>
      <dd class="mono">{run.id}</dd>
      <dt>Command</dt>
      <dd class="mono">{run.command}</dd>
      <dt>By</dt>
      <dd>
        {run.user} on {run.host}
      </dd>
      <dt>Started by</dt>
      <dd>{run.trigger}</dd>
      <dt>Job</dt>
      <dd class="mono">{run.job ? `${run.job}, attempt ${run.attempt}` : "none: run by a command of its own"}</dd>
      <dt>Published</dt>
      <dd class="mono">{versions.join(", ") || "nothing new"}</dd>
      <dt>Steps</dt>
      <dd>
        {steps.map((step) => (
          <p key={`${step.name}${step.startedAt}`}>
            {step.name} <Status is={step.status} /> {seconds(step.seconds)}
            {step.error && <span class="pre bad-text"> {step.error.message}</span>}
          </p>
        ))}
      </dd>
    </dl>
  );
}
