import { useState } from "preact/hooks";
import type { Graph as GraphData, NodeDetail } from "../../../src/server/types.ts";
import { Graph } from "../../graph/graph.tsx";
import { useApi } from "../../lib/api.ts";
import { plural, seconds } from "../../lib/format.ts";
import { useLive } from "../../lib/live.ts";
import { links, queryValue, setQuery } from "../../lib/router.ts";
import { useRunNews } from "../../lib/run-news.ts";
import { Gate, Status } from "../../parts/basic.tsx";
import { Code } from "../../parts/code.tsx";

export default function GraphTab({ name }: { name: string }) {
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
