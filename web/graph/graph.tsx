import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Graph as GraphData, GraphNode } from "../../src/server/types.ts";
import { plural } from "../lib/format.ts";
import { queryValue, setQuery } from "../lib/router.ts";
import { Empty, toneOf } from "../parts/basic.tsx";
import { Pick } from "../parts/pickers.tsx";
import { family, layout, nodeHeight, nodeWidth } from "./layout.ts";
import { useView } from "./use-view.ts";
import { zoomed } from "./view.ts";

/** The graph of a lab: drag to move, wheel to zoom, click to follow a node up and down. */
export function Graph({ graph, running }: { graph: GraphData; running: readonly string[] }) {
  const search = queryValue("find").toLowerCase();
  const layer = queryValue("layer");
  const tag = queryValue("tag");
  const state = queryValue("status");
  const picked = queryValue("node");
  const edges = useMemo(() => graph.edges.map(({ from, to }) => [from, to] as const), [graph]);
  const only = queryValue("only") !== "" && picked !== "";
  const related = useMemo(() => (picked === "" ? undefined : family(picked, edges)), [picked, edges]);
  const nodes = useMemo(
    () =>
      graph.nodes.filter(
        (node) =>
          (!only || related?.has(node.id)) &&
          (layer === "" || node.layer === layer) &&
          (tag === "" || node.tags.includes(tag)) &&
          (state === "" || toneOf(worst(node)) === state),
      ),
    [graph, layer, tag, state, only && related],
  );
  const placed = useMemo(
    () =>
      layout(
        nodes.map(({ id }) => id),
        edges,
      ),
    [nodes, edges],
  );
  const box = useRef<HTMLDivElement>(null);
  const { view, change, fit } = useView(box, placed, nodes.map(({ id }) => id).join(" "));
  const center = (id: string) => {
    const at = placed.nodes.get(id);
    if (!at) return;
    change((old, { width, height }) => {
      const scale = Math.max(old.scale, 0.8);
      const [x, y] = [at.x + nodeWidth / 2, at.y + nodeHeight / 2];
      return { scale, x: width / 2 - x * scale, y: height / 2 - y * scale };
    });
  };
  const zoom = (by: number, x?: number, y?: number) =>
    change((old, { width, height }) => zoomed(old, by, x ?? width / 2, y ?? height / 2));
  const move = (dx: number, dy: number) => change((old) => ({ ...old, x: old.x + dx, y: old.y + dy }));
  useEffect(() => {
    const element = box.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = (element as HTMLElement).getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
    };
    // Only a listener of its own may keep the page from scrolling.
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, []);
  const found = useMemo(
    () => (search === "" ? [] : nodes.filter(({ name }) => name.toLowerCase().includes(search))),
    [nodes, search],
  );
  // Moving and zooming change the frame around it only: a thousand nodes are not drawn again for each step.
  const drawing = useMemo(
    () => (
      <Drawing
        nodes={nodes}
        edges={edges}
        placed={placed}
        related={related}
        picked={picked}
        found={found}
        searching={search !== ""}
        running={running}
      />
    ),
    [nodes, edges, placed, related, picked, found, search, running],
  );
  const layers = [...new Set(graph.nodes.map((node) => node.layer))].filter(Boolean).sort();
  const tags = [...new Set(graph.nodes.flatMap((node) => node.tags))].sort();
  const drag = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);
  if (graph.nodes.length === 0) return <Empty title="The project has no models yet" />;
  return (
    <div class="graph">
      <div class="graph-bar">
        <input
          class="search"
          type="search"
          placeholder="Find a node"
          aria-label="Find a node"
          value={queryValue("find")}
          onInput={(event) => setQuery({ find: event.currentTarget.value })}
          onKeyDown={(event) => {
            const [first] = found;
            if (event.key !== "Enter" || !first) return;
            setQuery({ node: first.id });
            center(first.id);
          }}
        />
        <Pick name="layer" label="Layer" all="Layer: all" values={layers} />
        {tags.length > 0 && <Pick name="tag" label="Tag" all="Tag: all" values={tags} />}
        <Pick
          name="status"
          label="Status"
          all="Status: all"
          values={["good", "warn", "bad", "wait", "none"]}
          words={statusWords}
        />
        <span class="faint small" aria-live="polite">
          {search === "" ? plural(nodes.length, "node") : `${found.length} of ${plural(nodes.length, "node")}`}
        </span>
        {picked !== "" && (
          <label class="check small">
            <input
              type="checkbox"
              checked={only}
              onChange={(event) => setQuery({ only: event.currentTarget.checked ? "1" : "" })}
            />{" "}
            Only what is connected
          </label>
        )}
        <span class="buttons end">
          <button type="button" class="button small" aria-label="Zoom out" onClick={() => zoom(0.75)}>
            −
          </button>
          <button type="button" class="button small" aria-label="Zoom in" onClick={() => zoom(1.33)}>
            +
          </button>
          <button type="button" class="button small" onClick={fit}>
            Fit
          </button>
        </span>
      </div>
      <div
        ref={box}
        class="graph-box"
        role="application"
        aria-label="Graph of the lab; arrow keys move, plus and minus zoom"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved with the keyboard
        tabIndex={0}
        onKeyDown={(event) => {
          const by: Record<string, [number, number]> = {
            ArrowLeft: [60, 0],
            ArrowRight: [-60, 0],
            ArrowUp: [0, 60],
            ArrowDown: [0, -60],
          };
          const step = by[event.key];
          if (step) move(...step);
          else if (event.key === "+" || event.key === "=") zoom(1.2);
          else if (event.key === "-") zoom(0.83);
          else if (event.key === "Escape") setQuery({ node: "" });
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, y: event.clientY, moved: false };
        }}
        onPointerMove={(event) => {
          const from = drag.current;
          if (!from || event.buttons === 0) return;
          const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
          if (!from.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
          drag.current = { x: event.clientX, y: event.clientY, moved: true };
          move(dx, dy);
        }}
        onClick={(event) => {
          const moved = drag.current?.moved;
          drag.current = undefined;
          if (moved) return;
          const id = (event.target as Element).closest<SVGGElement>("[data-id]")?.dataset["id"] ?? "";
          setQuery({ node: id === picked ? "" : id }, { push: true });
        }}
      >
        <svg width="100%" height="100%" aria-hidden="true">
          <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>{drawing}</g>
        </svg>
      </div>
    </div>
  );
}

const statusWords: Record<string, string> = {
  good: "ok",
  warn: "warned",
  bad: "failed",
  wait: "skipped",
  none: "did not run",
};

/** A node is as well as its tests are. */
const worst = (node: GraphNode): string | null =>
  node.tests.failed > 0 ? "fail" : node.tests.warned > 0 && toneOf(node.status) !== "bad" ? "warn" : node.status;

function Drawing({
  nodes,
  edges,
  placed,
  related,
  picked,
  found,
  searching,
  running,
}: {
  nodes: GraphNode[];
  edges: readonly (readonly [string, string])[];
  placed: ReturnType<typeof layout>;
  related: Set<string> | undefined;
  picked: string;
  found: GraphNode[];
  searching: boolean;
  running: readonly string[];
}) {
  const hits = new Set(found.map(({ id }) => id));
  const now = new Set(running);
  const dim = (id: string) => (related !== undefined ? !related.has(id) : searching && !hits.has(id));
  return (
    <>
      {edges.map(([from, to]) => {
        const [a, b] = [placed.nodes.get(from), placed.nodes.get(to)];
        if (!a || !b) return null;
        const [x1, y1, x2, y2] = [a.x + nodeWidth, a.y + nodeHeight / 2, b.x, b.y + nodeHeight / 2];
        const bend = Math.max(30, (x2 - x1) / 2);
        const on = related?.has(from) && related.has(to);
        return (
          <path
            key={`${from} ${to}`}
            class={`edge${on ? " on" : related || searching ? " dim" : ""}`}
            d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
          />
        );
      })}
      {nodes.map((node) => {
        const at = placed.nodes.get(node.id);
        if (!at) return null;
        const state = now.has(node.id) ? "busy" : toneOf(worst(node));
        const bad = node.tests.failed;
        return (
          <g
            key={node.id}
            data-id={node.id}
            class={`node ${node.type} ${state}${dim(node.id) ? " dim" : ""}${node.id === picked ? " picked" : ""}${hits.has(node.id) ? " hit" : ""}`}
            transform={`translate(${at.x} ${at.y})`}
          >
            <title>{`${node.name}\n${node.type}${node.materialized ? `, ${node.materialized}` : ""}\n${node.status ?? "did not run"}${bad ? `, ${plural(bad, "test")} failing` : ""}`}</title>
            <rect width={nodeWidth} height={nodeHeight} rx="7" />
            <rect class="mark" width="5" height={nodeHeight} rx="2.500" />
            <text x="14" y="17">
              {cut(node.name, 25)}
            </text>
            <text x="14" y="32" class="sub">
              {node.layer || node.type}
              {node.published ? " · published" : ""}
              {bad ? ` · ${bad} failing` : ""}
            </text>
          </g>
        );
      })}
    </>
  );
}

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
