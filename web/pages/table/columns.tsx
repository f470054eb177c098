import type { ColumnProfileJson } from "../../../src/server/types.ts";
import { compact, count, percent, plural, short } from "../../lib/format.ts";
import { links } from "../../lib/router.ts";
import { Empty } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";

/** What is in a table's columns, as the inspector found it. */
export function Columns({
  lab,
  table,
  columns,
  rows,
}: {
  lab: string;
  table: string;
  columns: ColumnProfileJson[];
  rows: number;
}) {
  const shown: Column<ColumnProfileJson>[] = [
    {
      id: "name",
      label: "Column",
      by: (column) => column.name,
      cell: (column) => (
        <>
          <a class="plain" href={links.tableTab(lab, table, { tab: "lineage", column: column.name })}>
            <strong>{column.name}</strong>
          </a>{" "}
          <span class="faint small mono">{column.type}</span>
          {column.description && <p class="faint small">{column.description}</p>}
        </>
      ),
    },
    {
      id: "nulls",
      label: "Nulls",
      by: (column) => -column.nullShare,
      title: (column) => plural(column.nulls, "row"),
      cell: (column) => (
        <span class="share">
          <b aria-hidden="true">
            <i style={{ width: `${column.nullShare * 100}%` }} />
          </b>
          {percent(column.nullShare)}
        </span>
      ),
    },
    {
      id: "distinct",
      label: "Different",
      right: true,
      by: (column) => -column.distinct,
      title: (column) => (column.distinctExact ? "" : "estimated"),
      cell: (column) => `${column.distinctExact ? "" : "≈ "}${count(column.distinct)}`,
    },
    {
      id: "range",
      label: "From – to",
      class: "small range",
      cell: (column) =>
        column.min === null ? (
          <span class="faint">no values</span>
        ) : (
          <>
            <span title={column.min}>{short(column.min)}</span> –{" "}
            <span title={column.max ?? ""}>{short(column.max ?? "")}</span>
            {column.average !== null && <p class="faint">average {compact(Number(column.average.toPrecision(4)))}</p>}
          </>
        ),
    },
    { id: "histogram", label: "Distribution", cell: (column) => <Histogram column={column} /> },
    {
      id: "top",
      label: "Most frequent",
      class: "small top",
      cell: (column) =>
        tells(column, rows) ? (
          column.top.map(({ value, rows: n }) => (
            <p key={value} title={`${value}: ${plural(n, "row")}`}>
              <i style={{ width: `${(n / Math.max(rows, 1)) * 100}%` }} />
              <span>{value === "" ? "(empty)" : short(value)}</span>{" "}
              <span class="faint">{percent(n / Math.max(rows, 1))}</span>
            </p>
          ))
        ) : (
          <span class="faint">{column.distinct > 0 ? "hardly any value twice" : ""}</span>
        ),
    },
  ];
  return (
    <Table
      label="Columns"
      name="columns"
      columns={shown}
      rows={columns}
      keyOf={(column) => column.name}
      class="profile"
      {...(columns.length > 12 && { search: "Search columns" })}
      empty={<Empty title="It has no columns" />}
    />
  );
}

/** Values that each come once or twice say nothing about a column. */
const tells = (column: ColumnProfileJson, rows: number): boolean =>
  column.top.length > 0 && (column.distinct <= 20 || (column.top[0]?.rows ?? 0) > Math.max(2, rows * 0.005));

const height = 34;
const width = 140;

function Histogram({ column }: { column: ColumnProfileJson }) {
  const bins = column.histogram;
  if (bins.length === 0) return null;
  const most = Math.max(...bins.map(({ rows }) => rows));
  const step = width / bins.length;
  return (
    <svg class="histogram" width={width} height={height} role="img" aria-label={`Distribution of ${column.name}`}>
      {bins.map(({ from, to, rows }, i) => {
        const tall = rows === 0 ? 0 : Math.max(1.5, (rows / most) * (height - 2));
        return (
          <g key={from}>
            <title>{`${short(from)} to ${short(to)}: ${plural(rows, "row")}`}</title>
            <rect class="back" x={i * step} width={step} height={height} />
            <rect x={i * step} y={height - tall} width={Math.max(1, step - 1)} height={tall} />
          </g>
        );
      })}
    </svg>
  );
}
