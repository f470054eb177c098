import { useState } from "preact/hooks";
import type {
  FileList,
  Graph as GraphData,
  LabDetail,
  NodeDetail,
  RunDetailJson,
  RunList,
  TableList,
} from "../../src/server/types.ts";
import { Graph } from "../graph/graph.tsx";
import { useApi } from "../lib/api.ts";
import { bytes, count, plural, seconds } from "../lib/format.ts";
import { labs, progress } from "../lib/labs.ts";
import { throttled, useLive } from "../lib/live.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Figure, Gate, Head, Score, Spark, Status, Tabs, Time } from "../parts/basic.tsx";
import { Code } from "../parts/code.tsx";
import { RunTable } from "../parts/run-table.tsx";
import { LabActions, LabStatus } from "./labs.tsx";

export default function LabPage({ name }: { name: string }) {
  const api = `/labs/${encodeURIComponent(name)}`;
  const detail = useApi<LabDetail>(api);
  const row = labs.value?.find((lab) => lab.name === name) ?? detail.data?.lab;
  const tab = queryValue("tab") || "overview";
  const version = row?.publishedAt ?? "";
  useLive(
    (event) => {
      if (
        (event.type === "lab" && event.lab.name === name && event.lab.publishedAt !== version) ||
        event.type === "reset"
      )
        detail.reload();
    },
    [name, version],
  );
  return (
    <Gate from={detail}>
      {(data) =>
        row && (
          <>
            <Head title={name} above={<a href="/">Labs</a>}>
              <LabActions lab={row} />
              <a class="button" href={links.query(name)}>
                Query
              </a>
            </Head>
            {row.description && <p class="lead">{row.description}</p>}
            <dl class="figures">
              <Figure label="State">
                <LabStatus lab={row} />
              </Figure>
              <Figure label="Score">
                <span class="with-spark">
                  <Score value={row.score} />
                  <Spark values={row.trend} label="Score of the last runs" />
                </span>
              </Figure>
              <Figure label="Published">
                <Time at={row.publishedAt} none="never" />
              </Figure>
              <Figure label="Rows">{count(row.rows)}</Figure>
              <Figure label="Failing tests" tone={row.failingTests > 0 ? "bad" : ""}>
                {count(row.failingTests)}
              </Figure>
              <Figure label="Next run">
                {row.paused ? "paused" : <Time at={row.nextRun} none={row.schedule ? "on event" : "by hand"} />}
              </Figure>
              <Figure label="Owner">{row.owner ?? "–"}</Figure>
            </dl>
            {row.trouble && row.lastRun && (
              <p class="callout bad" role="note">
                <strong>{row.trouble}</strong> <a href={links.run(row.lastRun.id)}>See why</a>
              </p>
            )}
            {row.paused && (
              <p class="callout wait" role="note">
                Schedules leave it alone{row.paused.by ? ` since ${row.paused.by} paused it` : ""}
                {row.paused.why ? `: ${row.paused.why}` : "."}
              </p>
            )}
            <Tabs
              active={tab}
              onPick={(id) => setQuery({ tab: id === "overview" ? "" : id, node: "" }, { push: true })}
              tabs={[
                { id: "overview", label: "Overview" },
                { id: "graph", label: "Graph" },
                { id: "tables", label: "Tables" },
                { id: "sources", label: "Sources and files", count: data.sources.length },
                { id: "versions", label: "Versions", count: data.versions.length },
                { id: "settings", label: "Schedule and settings" },
              ]}
            />
            <div role="tabpanel">
              {tab === "overview" && <Overview name={name} detail={data} />}
              {tab === "graph" && <GraphTab name={name} />}
              {tab === "tables" && <TablesTab name={name} />}
              {tab === "sources" && <SourcesTab name={name} detail={data} />}
              {tab === "versions" && <VersionsTab detail={data} name={name} />}
              {tab === "settings" && <SettingsTab detail={data} />}
            </div>
          </>
        )
      }
    </Gate>
  );
}

/** Asks again when a run of the lab has news, at most once a second. */
function useRunNews(lab: string, reload: () => void) {
  const [ask] = useState(() => throttled(reload, 1000));
  useLive(
    (event) => {
      if ((event.type === "run" && event.lab === lab) || event.type === "reset") ask();
    },
    [lab],
  );
}

function Overview({ name, detail }: { name: string; detail: LabDetail }) {
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

function GraphTab({ name }: { name: string }) {
  const graph = useApi<GraphData>(`/labs/${encodeURIComponent(name)}/graph`);
  const [running, setRunning] = useState<string[]>([]);
  useRunNews(name, graph.reload);
  useLive(
    (event) => {
      if (event.type === "nodes" && event.lab === name) setRunning(event.running);
      if (event.type === "lab" && event.lab.name === name && event.lab.state !== "running") setRunning([]);
    },
    [name],
  );
  const node = queryValue("node");
  return (
    <Gate from={graph}>
      {(data) => (
        <div class={node ? "split" : ""}>
          <Graph graph={data} running={running} />
          {node && <NodePanel lab={name} id={node} graph={data} />}
        </div>
      )}
    </Gate>
  );
}

function NodePanel({ lab, id, graph }: { lab: string; id: string; graph: GraphData }) {
  const node = useApi<NodeDetail>(`/labs/${encodeURIComponent(lab)}/nodes/${encodeURIComponent(id)}`);
  const known = graph.nodes.find((each) => each.id === id);
  const nameOf = (other: string) => graph.nodes.find((each) => each.id === other)?.name ?? other;
  const list = (ids: string[]) =>
    ids.length === 0 ? (
      <span class="faint">none</span>
    ) : (
      ids.map((other) => (
        <a key={other} class="tag" href={links.node(lab, other)}>
          {nameOf(other)}
        </a>
      ))
    );
  return (
    <aside class="panel" aria-label="Node">
      <Gate from={node}>
        {(data) => (
          <>
            <header>
              <h2>{known?.name ?? data.name}</h2>
              <button type="button" class="button small" aria-label="Close" onClick={() => setQuery({ node: "" })}>
                ✕
              </button>
            </header>
            <p class="small">
              {known?.status && <Status is={known.status} />} {data.type}
              {data.materialized ? `, ${data.materialized}` : ""}
              {known?.seconds ? `, ${seconds(known.seconds)}` : ""}
            </p>
            {data.description && <p>{data.description}</p>}
            {data.relation && (
              <p>
                <a href={links.table(lab, data.relation)}>{data.relation}</a>
              </p>
            )}
            <p class="mono small faint">{data.file}</p>
            <h3>Made of</h3>
            <p>{list(data.parents)}</p>
            <h3>Used by</h3>
            <p>{list(data.children)}</p>
            {data.columns.length > 0 && (
              <>
                <h3>Columns</h3>
                <dl class="columns">
                  {data.columns.map((column) => (
                    <div key={column.name}>
                      <dt class="mono">{column.name}</dt>
                      <dd>{column.description}</dd>
                    </div>
                  ))}
                </dl>
              </>
            )}
            {data.tests.length > 0 && (
              <>
                <h3>{plural(data.tests.length, "test")}</h3>
                <ul class="plain-list small">
                  {data.tests.map((test) => (
                    <li key={test.id}>{test.name}</li>
                  ))}
                </ul>
              </>
            )}
            {data.source && (
              <>
                <h3>As written</h3>
                <Code text={data.source} />
              </>
            )}
            {data.compiled && (
              <>
                <h3>As run</h3>
                <Code text={data.compiled} />
              </>
            )}
          </>
        )}
      </Gate>
    </aside>
  );
}

function TablesTab({ name }: { name: string }) {
  const tables = useApi<TableList>(`/labs/${encodeURIComponent(name)}/tables`);
  useRunNews(name, tables.reload);
  return (
    <Gate from={tables}>
      {({ tables: list }) =>
        list.length === 0 ? (
          <Empty title="No tables yet">They appear when the lab has run.</Empty>
        ) : (
          <div class="scroll" tabIndex={0} role="region" aria-label="Table">
            <table class="grid">
              <thead>
                <tr>
                  <th>Table</th>
                  <th class="right">Rows</th>
                  <th>Score</th>
                  <th>Readers</th>
                </tr>
              </thead>
              <tbody>
                {list.map((table) => (
                  <tr key={table.name}>
                    <td>
                      <a href={links.table(name, table.name)}>{table.name}</a>
                    </td>
                    <td class="right">{count(table.rows)}</td>
                    <td>
                      <Score value={table.score} />
                    </td>
                    <td>{table.published ? <Status is="published" /> : <span class="faint">inside the lab</span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Gate>
  );
}

function SourcesTab({ name, detail }: { name: string; detail: LabDetail }) {
  const files = useApi<FileList>(`/labs/${encodeURIComponent(name)}/files`);
  return (
    <>
      <h2>Sources</h2>
      {detail.sources.length === 0 ? (
        <Empty title="No sources in lab.yml" />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table">
          <table class="grid">
            <thead>
              <tr>
                <th>Source</th>
                <th>Kind</th>
                <th>From</th>
                <th>Table</th>
                <th>Key</th>
                <th class="right">Columns</th>
              </tr>
            </thead>
            <tbody>
              {detail.sources.map((source) => (
                <tr key={source.name}>
                  <td>{source.name}</td>
                  <td>{source.kind}</td>
                  <td class="mono small">{source.from}</td>
                  <td class="mono small">{source.table}</td>
                  <td class="small">{source.key.join(", ") || <span class="faint">none</span>}</td>
                  <td class="right">{source.columns || <span class="faint">from the file</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <h2>Files</h2>
      <Gate from={files} lines={3}>
        {({ files: list }) =>
          list.length === 0 ? (
            <Empty title="No file was loaded yet">
              Drop files into <code>{detail.paths["raw"]}</code>.
            </Empty>
          ) : (
            <div class="scroll" tabIndex={0} role="region" aria-label="Table">
              <table class="grid">
                <thead>
                  <tr>
                    <th>File</th>
                    <th>Source</th>
                    <th>State</th>
                    <th class="right">Rows</th>
                    <th class="right">Size</th>
                    <th>Seen</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((file) => (
                    <tr key={file.file}>
                      <td class="mono small">{file.file}</td>
                      <td>{file.source}</td>
                      <td>
                        <Status is={file.state} />
                      </td>
                      <td class="right">{count(file.rows)}</td>
                      <td class="right">{bytes(file.bytes)}</td>
                      <td>
                        <Time at={file.seenAt} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Gate>
    </>
  );
}

function VersionsTab({ detail, name }: { detail: LabDetail; name: string }) {
  const { versions } = detail;
  if (versions.length === 0)
    return <Empty title="Nothing is published yet">A run publishes when models, tests and score allow it.</Empty>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table class="grid">
        <thead>
          <tr>
            <th>Version</th>
            <th>Published</th>
            <th>Run</th>
            <th>Score</th>
            <th class="right">Tables</th>
            <th class="right">Rows</th>
            <th class="right">Size</th>
            <th>Changes</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version, i) => (
            <tr key={version.version}>
              <td>
                <span class="mono small">{version.version}</span> {version.current && <Status is="current" />}
              </td>
              <td>
                <Time at={version.publishedAt} />
              </td>
              <td>{version.runId && <a href={links.run(version.runId)}>{version.runId.slice(-7)}</a>}</td>
              <td>
                <Score value={version.score} />
              </td>
              <td class="right">{version.tables.length}</td>
              <td class="right">{count(version.tables.reduce((sum, table) => sum + table.rows, 0))}</td>
              <td class="right">{bytes(version.bytes)}</td>
              <td>
                {versions[i + 1] && (
                  <a
                    href={`/labs/${encodeURIComponent(name)}/diff?before=${versions[i + 1]?.version}&after=${version.version}`}
                  >
                    against the one before
                  </a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SettingsTab({ detail }: { detail: LabDetail }) {
  const { schedule, paths } = detail;
  return (
    <>
      {detail.problem && (
        <p class="callout bad">
          <code>{detail.problem.code}</code> {detail.problem.message}{" "}
          {detail.problem.place && `(${detail.problem.place.file}:${detail.problem.place.line ?? 1})`}
        </p>
      )}
      <h2>Schedule</h2>
      {schedule ? (
        <dl class="pairs">
          <dt>When</dt>
          <dd>{schedule.text}</dd>
          <dt>Next</dt>
          <dd>
            {schedule.next.length === 0 ? "when that happens" : schedule.next.map((at) => <Time key={at} at={at} />)}
          </dd>
          <dt>Missed times</dt>
          <dd>{schedule.missed}</dd>
          <dt>Retries</dt>
          <dd>{schedule.retries}</dd>
          <dt>Time limit</dt>
          <dd>{schedule.timeoutSeconds === null ? "none" : seconds(schedule.timeoutSeconds)}</dd>
        </dl>
      ) : (
        <Empty title="No schedule">
          It runs when somebody asks. <code>schedule:</code> in lab.yml changes that.
        </Empty>
      )}
      <h2>Where it lies</h2>
      <dl class="pairs">
        {Object.entries(paths).map(([name, path]) => (
          <>
            <dt key={name}>{name}</dt>
            <dd class="mono small">{path}</dd>
          </>
        ))}
      </dl>
    </>
  );
}
