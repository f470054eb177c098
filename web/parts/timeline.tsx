import { useMemo } from "preact/hooks";
import type { RunDetailJson } from "../../src/server/types.ts";
import { serverNow } from "../lib/clock.ts";
import { seconds } from "../lib/format.ts";
import { Empty, toneOf } from "./basic.tsx";

interface Bar {
  key: string;
  name: string;
  from: number;
  to: number;
  tone: string;
  title: string;
}

const lane = 22;
const most = 400;

/** Bars that do not overlap share a line: the lines are what ran side by side. */
function lanes(bars: Bar[]): Bar[][] {
  const rows: Bar[][] = [];
  for (const bar of bars) {
    const free = rows.find((row) => (row.at(-1)?.to ?? 0) <= bar.from + 0.0005);
    if (free) free.push(bar);
    else rows.push([bar]);
  }
  return rows;
}

/** Steps and nodes of a run over time. */
export function Timeline({ data }: { data: RunDetailJson }) {
  const { run, steps, nodes } = data;
  const start = Date.parse(run.startedAt);
  const now = run.finishedAt ? Date.parse(run.finishedAt) : serverNow();
  const total = Math.max((now - start) / 1000, 0.001);
  const stepBars = steps.map(
    (step): Bar => ({
      key: `${step.name}${step.startedAt}`,
      name: step.name,
      from: (Date.parse(step.startedAt) - start) / 1000,
      to: ((step.finishedAt ? Date.parse(step.finishedAt) : now) - start) / 1000,
      tone: toneOf(step.status),
      title: `${step.name}: ${step.status}, ${seconds(step.seconds)}`,
    }),
  );
  const rows = useMemo(() => {
    const bars = nodes.flatMap((node): Bar[] => {
      if (node.startedAt === null || node.status === "skipped") return [];
      const from = (Date.parse(node.startedAt) - start) / 1000;
      return [
        {
          key: node.uniqueId,
          name: node.name,
          from,
          to: from + node.seconds,
          tone: `${toneOf(node.status)}${/test|expectation/.test(node.resourceType) ? " test" : ""}`,
          title: `${node.resourceType} ${node.name}: ${node.status}, ${seconds(node.seconds)}`,
        },
      ];
    });
    // The longest tell where the time went, when there are too many to draw.
    const shown = bars.length > most ? bars.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, most) : bars;
    return lanes(shown.toSorted((a, b) => a.from - b.from));
  }, [nodes, start]);
  if (steps.length === 0) return <Empty title="It has not begun a step yet" />;
  const ticks = Array.from({ length: 6 }, (_, i) => (i / 5) * total);
  const longest = nodes.toSorted((a, b) => b.seconds - a.seconds).slice(0, 8);
  return (
    <>
      <div
        class="timeline"
        role="img"
        aria-label={`Timeline of ${seconds(total)}; the lists below say the same in words`}
      >
        <div class="axis">
          {ticks.map((at) => (
            <span key={at} style={{ left: `${(at / total) * 100}%` }}>
              {seconds(at)}
            </span>
          ))}
        </div>
        <Lane bars={stepBars} total={total} cls="steps" />
        {rows.map((row, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
          <Lane key={i} bars={row} total={total} cls="" />
        ))}
      </div>
      <div class="two">
        <section>
          <h2>Steps</h2>
          <ul class="bars">
            {stepBars.map((bar) => (
              <li key={bar.key}>
                <span>{bar.name}</span>
                <meter min={0} max={total} value={bar.to - bar.from} aria-label={bar.name} />
                <span class="right">{seconds(bar.to - bar.from)}</span>
              </li>
            ))}
          </ul>
        </section>
        {longest.length > 0 && (
          <section>
            <h2>Longest models and tests</h2>
            <ul class="bars">
              {longest.map((node) => (
                <li key={node.uniqueId}>
                  <span title={node.name}>{node.name}</span>
                  <meter min={0} max={longest[0]?.seconds || 1} value={node.seconds} aria-label={node.name} />
                  <span class="right">{seconds(node.seconds)}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </>
  );
}

function Lane({ bars, total, cls }: { bars: Bar[]; total: number; cls: string }) {
  return (
    <div class={`lane ${cls}`} style={{ height: `${lane}px` }}>
      {bars.map((bar) => {
        const width = ((bar.to - bar.from) / total) * 100;
        return (
          <span
            key={bar.key}
            class={`bar ${bar.tone}`}
            title={bar.title}
            style={{ left: `${Math.max(0, (bar.from / total) * 100)}%`, width: `max(2px, ${width}%)` }}
          >
            {width > 7 ? bar.name : ""}
          </span>
        );
      })}
    </div>
  );
}
