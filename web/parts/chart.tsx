import { useState } from "preact/hooks";
import type { Grid } from "../../src/server/types.ts";
import { compact } from "../lib/format.ts";
import { Empty } from "./basic.tsx";
import { isNumeric } from "./grid.tsx";

const most = 200;

/** Bars or a line of one column over another, as the rows come. */
export default function Chart({ grid }: { grid: Grid }) {
  const numbers = grid.columns.filter(({ type }) => isNumeric(type)).map(({ name }) => name);
  const texts = grid.columns.map(({ name }) => name);
  const [y, setY] = useState(numbers[0] ?? "");
  const [x, setX] = useState(texts.find((name) => name !== numbers[0]) ?? texts[0] ?? "");
  const [kind, setKind] = useState("bars");
  if (numbers.length === 0) return <Empty title="There is no column of numbers to draw" />;
  const [atX, atY] = [texts.indexOf(x), texts.indexOf(y)];
  const points = grid.rows
    .slice(0, most)
    .map((row) => ({ label: String(row[atX] ?? "null"), value: Number(row[atY] ?? 0) }))
    .filter(({ value }) => Number.isFinite(value));
  const [width, height, left, bottom] = [900, 300, 70, 60];
  const low = Math.min(0, ...points.map(({ value }) => value));
  const high = Math.max(0, ...points.map(({ value }) => value)) || 1;
  const py = (value: number) => 10 + (1 - (value - low) / (high - low)) * (height - bottom - 10);
  const step = (width - left) / Math.max(points.length, 1);
  const every = Math.ceil(points.length / 14);
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  return (
    <>
      <div class="graph-bar">
        <label>
          Over{" "}
          <select value={x} onChange={(event) => setX(event.currentTarget.value)}>
            {texts.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          show{" "}
          <select value={y} onChange={(event) => setY(event.currentTarget.value)}>
            {numbers.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          as{" "}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="bars">bars</option>
            <option value="line">line</option>
          </select>
        </label>
        {grid.rows.length > most && <span class="faint small">the first {most} rows</span>}
      </div>
      <svg class="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${y} over ${x}`}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={left} x2={width} y1={py(tick)} y2={py(tick)} />
            <text x={left - 8} y={py(tick) + 4} text-anchor="end">
              {compact(Number(tick.toPrecision(3)))}
            </text>
          </g>
        ))}
        {kind === "line" && (
          <polyline points={points.map(({ value }, i) => `${left + (i + 0.5) * step},${py(value)}`).join(" ")} />
        )}
        {points.map(({ label, value }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no name
          <g key={i}>
            <title>{`${label}: ${value}`}</title>
            {kind === "bars" ? (
              <rect
                x={left + i * step + step * 0.1}
                width={step * 0.8}
                y={Math.min(py(0), py(value))}
                height={Math.abs(py(value) - py(0))}
              />
            ) : (
              <circle cx={left + (i + 0.5) * step} cy={py(value)} r="3" />
            )}
            {i % every === 0 && (
              <text
                x={left + (i + 0.5) * step}
                y={height - bottom + 14}
                text-anchor="end"
                transform={`rotate(-30 ${left + (i + 0.5) * step} ${height - bottom + 14})`}
              >
                {label.length > 16 ? `${label.slice(0, 15)}…` : label}
              </text>
            )}
          </g>
        ))}
      </svg>
    </>
  );
}
