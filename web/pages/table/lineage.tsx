import { useEffect, useRef } from "preact/hooks";
import type { ColumnLineageJson } from "../../../src/server/types.ts";
import { columnsLayout, headHeight, lineHeight, nodeWidth } from "../../graph/columns-layout.ts";
import { useApi } from "../../lib/api.ts";
import { links, queryValue, setQuery } from "../../lib/router.ts";
import { Empty, Gate } from "../../parts/basic.tsx";

const kinds: Record<string, string> = {
  identity: "as it is",
  derived: "computed",
  aggregated: "out of many rows",
};

/** Where a column of a table comes from, and what becomes of it. */
export default function Lineage({ lab, node }: { lab: string; node: string }) {
  const column = queryValue("column");
  const api = `/labs/${encodeURIComponent(lab)}/lineage/${encodeURIComponent(node)}`;
  // Of a whole table one step: every column's whole way would be a knot.
  const found = useApi<ColumnLineageJson>(`${api}?${new URLSearchParams(column ? { column } : { depth: "1" })}`);
  return (
    <Gate from={found}>
      {(data) => (
        <>
          <div class="graph-bar">
            <label class="pick">
              <span class="hidden">Column</span>
              <select
                value={data.column ?? ""}
                onChange={(event) => setQuery({ column: event.currentTarget.value }, { push: true })}
              >
                <option value="">All columns, one step</option>
                {data.columns.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <span class="legend small faint">
              {Object.entries(kinds).map(([kind, words]) => (
                <span key={kind}>
                  <svg width="26" height="8" aria-hidden="true">
                    <path class={`flow ${kind}`} d="M0 4H26" />
                  </svg>
                  {words}
                </span>
              ))}
            </span>
          </div>
          {data.edges.length === 0 ? (
            <Empty title="It is made of no other column">It is a constant, a count, or where the lab begins.</Empty>
          ) : (
            <Drawing data={data} />
          )}
          <Words data={data} lab={lab} />
        </>
      )}
    </Gate>
  );
}

function Drawing({ data }: { data: ColumnLineageJson }) {
  const { nodes, width, height } = columnsLayout(data.nodes, data.edges);
  const focus = nodes.get(data.node);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element && focus) element.scrollTo({ left: focus.x - (element.clientWidth - nodeWidth) / 2 });
  }, [data]);
  const anchor = (node: string, column: string, right: boolean) => {
    const at = nodes.get(node);
    const line = data.nodes
      .find(({ id }) => id === node)
      ?.columns.findIndex((name) => name.toLowerCase() === column.toLowerCase());
    if (!at || line === undefined || line < 0) return undefined;
    return { x: at.x + (right ? nodeWidth : 0), y: at.y + headHeight + (line + 0.5) * lineHeight };
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class="flow-box" ref={box} tabIndex={0} role="region" aria-label="Drawing; the lists below say the same">
      <svg width={width} height={height} aria-hidden="true">
        {data.edges.map(({ from, to, kind }) => {
          const [a, b] = [anchor(from.node, from.column, true), anchor(to.node, to.column, false)];
          if (!a || !b) return null;
          const bend = Math.max(24, (b.x - a.x) / 2);
          return (
            <path
              key={`${from.node} ${from.column} ${to.node} ${to.column}`}
              class={`flow ${kind}`}
              d={`M${a.x} ${a.y}C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`}
            />
          );
        })}
        {data.nodes.map((node) => {
          const at = nodes.get(node.id);
          if (!at) return null;
          return (
            <g
              key={node.id}
              transform={`translate(${at.x} ${at.y})`}
              class={`table ${node.id === data.node ? "picked" : ""}`}
            >
              <title>{node.problems.join("\n") || node.name}</title>
              <rect width={nodeWidth} height={at.height} rx="7" />
              <text x="12" y="18" class="title">
                {cut(node.name, 30)}
                {node.complete ? "" : " ?"}
              </text>
              {node.columns.map((name, i) => (
                <text
                  key={name}
                  x="12"
                  y={headHeight + (i + 0.5) * lineHeight + 4}
                  class={node.id === data.node && name === data.column ? "on" : ""}
                >
                  {cut(name, 30)}
                </text>
              ))}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** The same in words, with links: for those who do not see it, and to go on from. */
function Words({ data, lab }: { data: ColumnLineageJson; lab: string }) {
  const nameOf = (id: string) => data.nodes.find((node) => node.id === id)?.name ?? id;
  const link = ({ node, column }: { node: string; column: string }) => (
    <a href={links.node(lab, node)}>
      {nameOf(node)}.{column}
    </a>
  );
  const into = data.edges.filter(({ to }) => to.node === data.node);
  const out = data.edges.filter(({ from }) => from.node === data.node);
  const deciding = data.rows.filter(({ to }) => to === data.node);
  const list = (title: string, items: preact.ComponentChildren[]) =>
    items.length > 0 && (
      <section>
        <h2>{title}</h2>
        <ul class="plain-list small">{items}</ul>
      </section>
    );
  return (
    <div class="two">
      {list(
        "Made of",
        into.map(({ from, to, kind }) => (
          <li key={`${from.node}${from.column}${to.column}`}>
            {to.column}: {link(from)} <span class="faint">{kinds[kind]}</span>
          </li>
        )),
      )}
      {list(
        "Becomes",
        out.map(({ from, to, kind }) => (
          <li key={`${to.node}${to.column}${from.column}`}>
            {from.column}: {link(to)} <span class="faint">{kinds[kind]}</span>
          </li>
        )),
      )}
      {list(
        "Decide about its rows",
        deciding.map(({ from, clauses }) => (
          <li key={`${from.node}${from.column}`}>
            {link(from)} <span class="faint">{clauses.join(", ")}</span>
          </li>
        )),
      )}
    </div>
  );
}

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
