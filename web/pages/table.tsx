import { useEffect, useRef, useState } from "preact/hooks";
import type { ColumnProfileJson, Grid, ScoreJson, TableDetail } from "../../src/server/types.ts";
import { ApiError, get, useApi } from "../lib/api.ts";
import { bytes, compact, count, percent, plural } from "../lib/format.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, ErrorBox, Figure, Gate, Head, Score, Spark, Status, Tabs } from "../parts/basic.tsx";
import { CellText, isNumeric } from "../parts/grid.tsx";
import type { Problem } from "../../src/server/types.ts";

export default function TablePage({ lab, table }: { lab: string; table: string }) {
  const api = `/labs/${encodeURIComponent(lab)}/tables/${encodeURIComponent(table)}`;
  const detail = useApi<TableDetail>(api);
  const tab = queryValue("tab") || "columns";
  return (
    <Gate from={detail}>
      {(data) => (
        <>
          <Head
            title={<span class="mono">{data.name}</span>}
            above={
              <>
                <a href="/">Labs</a> / <a href={links.lab(lab)}>{lab}</a> /{" "}
                <a href={links.lab(lab, "tables")}>Tables</a>
              </>
            }
          >
            {data.node && (
              <a class="button" href={links.node(lab, data.node)}>
                Graph
              </a>
            )}
            {data.published && (
              <a class="button" href={links.query(lab, `select *\nfrom ${data.name}\nlimit 100`)}>
                Query
              </a>
            )}
          </Head>
          {data.description && <p class="lead">{data.description}</p>}
          <dl class="figures">
            <Figure label="Rows">{count(data.rows)}</Figure>
            <Figure label="Columns">{data.published ? count(data.columns.length) : "–"}</Figure>
            <Figure label="Size">{bytes(data.bytes)}</Figure>
            <Figure label="Score">
              <span class="with-spark">
                <Score value={data.score?.score ?? null} />
                <Spark values={data.history.map((each) => each.score)} label="Score of the last runs" />
              </span>
            </Figure>
            <Figure label="Tests" tone={data.tests.some(({ status }) => status === "fail") ? "bad" : ""}>
              {count(data.tests.filter(({ status }) => status === "pass").length)}
              <span class="faint"> of {count(data.tests.length)}</span>
            </Figure>
            <Figure label="Readers">{data.published ? <Status is="published" /> : "inside the lab"}</Figure>
          </dl>
          <Tabs
            active={tab}
            onPick={(id) => setQuery({ tab: id === "columns" ? "" : id }, { push: true })}
            tabs={[
              { id: "columns", label: "Columns" },
              { id: "score", label: "Score" },
              { id: "tests", label: "Tests", count: data.tests.length },
              ...(data.published ? [{ id: "rows", label: "Rows" }] : []),
            ]}
          />
          <div role="tabpanel">
            {tab === "columns" &&
              (data.published ? (
                <Columns columns={data.columns} rows={data.rows ?? 0} />
              ) : (
                <Empty title="Only published tables are profiled here">
                  This one is inside the lab. In the terminal:{" "}
                  <code>
                    labs inspect {lab} {data.name}
                  </code>
                </Empty>
              ))}
            {tab === "score" && <Lost lab={lab} score={data.score} />}
            {tab === "tests" && <Tests detail={data} />}
            {tab === "rows" && data.published && <Rows api={api} />}
          </div>
        </>
      )}
    </Gate>
  );
}

function Columns({ columns, rows }: { columns: ColumnProfileJson[]; rows: number }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table class="grid profile">
        <thead>
          <tr>
            <th>Column</th>
            <th>Nulls</th>
            <th class="right">Different</th>
            <th>From – to</th>
            <th>Distribution</th>
            <th>Most frequent</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.name}>
              <td>
                <strong>{column.name}</strong> <span class="faint small mono">{column.type}</span>
                {column.description && <p class="faint small">{column.description}</p>}
              </td>
              <td>
                <span class="share">
                  <b aria-hidden="true">
                    <i style={{ width: `${column.nullShare * 100}%` }} />
                  </b>
                  {percent(column.nullShare)}
                </span>
              </td>
              <td class="right" title={column.distinctExact ? "" : "estimated"}>
                {column.distinctExact ? "" : "≈ "}
                {count(column.distinct)}
              </td>
              <td class="small range">
                {column.min === null ? (
                  <span class="faint">no values</span>
                ) : (
                  <>
                    <span title={column.min}>{short(column.min)}</span> –{" "}
                    <span title={column.max ?? ""}>{short(column.max ?? "")}</span>
                    {column.average !== null && (
                      <p class="faint">average {compact(Number(column.average.toPrecision(4)))}</p>
                    )}
                  </>
                )}
              </td>
              <td>
                <Histogram column={column} />
              </td>
              <td class="small top">
                {tells(column, rows) ? null : (
                  <span class="faint">{column.distinct > 0 ? "hardly any value twice" : ""}</span>
                )}
                {(tells(column, rows) ? column.top : []).map(({ value, rows: n }) => (
                  <p key={value} title={`${value}: ${plural(n, "row")}`}>
                    <i style={{ width: `${(n / Math.max(rows, 1)) * 100}%` }} />
                    <span>{value === "" ? "(empty)" : short(value)}</span>{" "}
                    <span class="faint">{percent(n / Math.max(rows, 1))}</span>
                  </p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Values that each come once or twice say nothing about a column. */
const tells = (column: ColumnProfileJson, rows: number): boolean =>
  column.distinct <= 20 || (column.top[0]?.rows ?? 0) > Math.max(2, rows * 0.005);

/** A long fraction to seven digits; everything else as it is. */
const short = (value: string): string =>
  /^-?\d+\.\d{5,}$/.test(value) ? String(Number(Number(value).toPrecision(7))) : value;

function Histogram({ column }: { column: ColumnProfileJson }) {
  const bins = column.histogram;
  if (bins.length === 0) return null;
  const most = Math.max(...bins.map(({ rows }) => rows));
  const width = 7;
  return (
    <svg
      class="histogram"
      width={bins.length * width}
      height="34"
      role="img"
      aria-label={`Distribution of ${column.name}`}
    >
      {bins.map(({ from, to, rows }, i) => {
        const height = rows === 0 ? 0 : Math.max(1.5, (rows / most) * 32);
        return (
          <g key={from}>
            <title>{`${compact(Number(from.toPrecision(4)))} to ${compact(Number(to.toPrecision(4)))}: ${plural(rows, "row")}`}</title>
            <rect class="back" x={i * width} width={width - 1} height="34" />
            <rect x={i * width} y={34 - height} width={width - 1} height={height} />
          </g>
        );
      })}
    </svg>
  );
}

function Lost({ lab, score }: { lab: string; score: ScoreJson | null }) {
  if (!score) return <Empty title="It was not scored yet">A run that builds everything scores it.</Empty>;
  return (
    <>
      <div class="parts">
        {score.parts.map((part) => (
          <section key={part.dimension} class="part">
            <header>
              <h2>{part.dimension}</h2>
              <span>
                {part.points.toFixed(1)} <span class="faint">of {part.max.toFixed(1)}</span>
              </span>
            </header>
            <meter min={0} max={part.max || 1} value={part.points} aria-label={part.dimension} />
            {part.causes.length === 0 ? (
              <p class="faint small">Nothing lost.</p>
            ) : (
              <ul class="plain-list">
                {part.causes.map((cause) => (
                  <li key={cause.text}>
                    <span class="points">−{cause.points.toFixed(1)}</span>
                    <div>
                      {cause.text}
                      {cause.query && (
                        <details>
                          <summary>Query</summary>
                          <pre class="code">{cause.query}</pre>
                          <a href={links.query(lab, cause.query)}>Open it</a>
                        </details>
                      )}
                    </div>
                  </li>
                ))}
              </ul>
            )}
          </section>
        ))}
      </div>
      {score.notCounted.length > 0 && (
        <p class="faint">Without evidence, and so not counted: {score.notCounted.join(", ")}.</p>
      )}
    </>
  );
}

function Tests({ detail }: { detail: TableDetail }) {
  if (detail.tests.length === 0)
    return <Empty title="It has no tests">Add data_tests to its properties file, or expectations to lab.yml.</Empty>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table class="grid">
        <thead>
          <tr>
            <th>Test</th>
            <th>Status</th>
            <th class="right">Failing rows</th>
            <th>Message</th>
            <th>Run</th>
          </tr>
        </thead>
        <tbody>
          {detail.tests.map((test) => (
            <tr key={test.id}>
              <td class="wide">{test.name}</td>
              <td>
                <Status is={test.status} />
              </td>
              <td class="right">{test.failures ? count(test.failures) : ""}</td>
              <td class="message">{test.message}</td>
              <td>
                <a class="mono" href={links.run(test.run)}>
                  {test.run.slice(-7)}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const rowHeight = 29;
const page = 200;

/** A table of any length: only the rows in sight are there, and come from the server page by page. */
function Rows({ api }: { api: string }) {
  const [sort, descending] = [queryValue("sort"), queryValue("desc") !== ""];
  const filters = [...new URLSearchParams(location.search).getAll("filter")];
  const typed = queryValue("filter");
  const query = new URLSearchParams();
  if (sort) query.set("sort", sort);
  if (sort && descending) query.set("descending", "true");
  for (const filter of filters) query.append("filter", filter);
  const text = query.toString();
  const [pages, setPages] = useState<Record<number, Grid>>({});
  const [problem, setProblem] = useState<Problem>();
  const [top, setTop] = useState(0);
  const asked = useRef(new Set<number>());
  const [height, setHeight] = useState(560);
  const load = (n: number, of: string) => {
    if (asked.current.has(n)) return;
    asked.current.add(n);
    get<Grid>(`${api}/rows?limit=${page}&offset=${n * page}${of && `&${of}`}`).then(
      (grid) => setPages((before) => ({ ...before, [n]: grid })),
      (error: unknown) => {
        asked.current.delete(n);
        if (error instanceof ApiError) setProblem(error.problem);
      },
    );
  };
  useEffect(() => {
    asked.current = new Set();
    setPages({});
    setProblem(undefined);
    setTop(0);
    load(0, text);
  }, [api, text]);
  const first = pages[0];
  const total = first?.total ?? 0;
  const from = Math.max(0, Math.floor(top / rowHeight) - 10);
  const to = Math.min(total, Math.ceil((top + height) / rowHeight) + 10);
  useEffect(() => {
    if (!first) return;
    for (let n = Math.floor(from / page); n <= Math.floor(Math.max(from, to - 1) / page); n++) load(n, text);
  }, [from, to, first !== undefined]);
  const columns = first?.columns ?? [];
  const [column, word] = [typed.split("~")[0] ?? "", typed.split("~").slice(1).join("~")];
  return (
    <>
      <div class="graph-bar">
        <label class="pick">
          <span class="hidden">Column to filter</span>
          <select
            value={column}
            onChange={(event) =>
              setQuery({ filter: event.currentTarget.value && `${event.currentTarget.value}~${word}` })
            }
          >
            <option value="">Filter by column</option>
            {columns.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <input
          class="search"
          type="search"
          placeholder="contains"
          aria-label="Text that the column contains"
          disabled={column === ""}
          value={word}
          onInput={(event) => setQuery({ filter: `${column}~${event.currentTarget.value}` })}
        />
        <span class="faint small" aria-live="polite">
          {first ? plural(total, "row") : "…"}
        </span>
        <span class="faint small end">Published version {first?.version}</span>
      </div>
      {problem ? (
        <ErrorBox problem={problem} />
      ) : first && total === 0 ? (
        <Empty title="No rows fit" />
      ) : (
        <div
          class="scroll virtual"
          role="region"
          aria-label="Rows"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
          tabIndex={0}
          onScroll={(event) => {
            setTop(event.currentTarget.scrollTop);
            setHeight(event.currentTarget.clientHeight);
          }}
        >
          <table class="grid data" aria-rowcount={total}>
            <thead>
              <tr>
                <th class="right faint">#</th>
                {columns.map(({ name, type }) => (
                  <th
                    key={name}
                    class={isNumeric(type) ? "right" : ""}
                    title={type}
                    aria-sort={sort === name ? (descending ? "descending" : "ascending") : undefined}
                  >
                    <button
                      type="button"
                      onClick={() =>
                        setQuery(
                          sort !== name
                            ? { sort: name, desc: "" }
                            : descending
                              ? { sort: "", desc: "" }
                              : { desc: "1" },
                        )
                      }
                    >
                      {name}
                      <span aria-hidden="true">{sort === name ? (descending ? " ↓" : " ↑") : ""}</span>
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr class="spacer" style={{ height: `${from * rowHeight}px` }} aria-hidden="true" />
              {Array.from({ length: Math.max(0, to - from) }, (_, i) => {
                const at = from + i;
                const row = pages[Math.floor(at / page)]?.rows[at % page];
                return (
                  <tr key={at} style={{ height: `${rowHeight}px` }}>
                    <td class="right faint">{count(at + 1)}</td>
                    {columns.map(({ name, type }, j) => (
                      <td key={name} class={isNumeric(type) ? "right" : ""}>
                        {row ? <CellText value={row[j] ?? null} /> : <span class="ghost" />}
                      </td>
                    ))}
                  </tr>
                );
              })}
              <tr class="spacer" style={{ height: `${(total - to) * rowHeight}px` }} aria-hidden="true" />
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
