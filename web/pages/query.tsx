import { useEffect, useRef, useState } from "preact/hooks";
import type { Grid, LabDetail, Problem } from "../../src/server/types.ts";
import { ApiError, post, useApi } from "../lib/api.ts";
import { plural, seconds } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { queryValue, setQuery } from "../lib/router.ts";
import { Chart } from "../parts/chart.tsx";
import { Empty, ErrorBox, Gate, Head, Loading } from "../parts/basic.tsx";
import { Results } from "../parts/grid.tsx";

export default function QueryPage() {
  const all = labs.value;
  if (!all) return <Loading />;
  const published = all.filter(({ publishedAt }) => publishedAt !== null);
  const lab = queryValue("lab") || published[0]?.name || "";
  return (
    <>
      <Head title="Query">
        <label class="pick">
          <span class="hidden">Lab</span>
          <select value={lab} onChange={(event) => setQuery({ lab: event.currentTarget.value }, { push: true })}>
            {all.map(({ name, publishedAt }) => (
              <option key={name} value={name}>
                {name}
                {publishedAt ? "" : " (nothing published)"}
              </option>
            ))}
          </select>
        </label>
      </Head>
      {lab === "" ? (
        <Empty title="Nothing is published yet">Queries read what labs have published. Run one first.</Empty>
      ) : (
        <Desk key={lab} lab={lab} />
      )}
    </>
  );
}

function Desk({ lab }: { lab: string }) {
  const detail = useApi<LabDetail>(`/labs/${encodeURIComponent(lab)}`);
  const [sql, setSql] = useState(queryValue("sql"));
  const [answer, setAnswer] = useState<Grid>();
  const [problem, setProblem] = useState<Problem>();
  const [running, setRunning] = useState<string>();
  const [view, setView] = useState("rows");
  const editor = useRef<HTMLTextAreaElement>(null);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const ask = async () => {
    const { selectionStart = 0, selectionEnd = 0 } = editor.current ?? {};
    const text = selectionEnd > selectionStart ? sql.slice(selectionStart, selectionEnd) : sql;
    if (text.trim() === "" || running) return;
    setQuery({ sql });
    const id = String(Math.random()).slice(2);
    stop.current = new AbortController();
    setRunning(id);
    setProblem(undefined);
    try {
      setAnswer(await post<Grid>("/query", { lab, sql: text, id }, stop.current.signal));
    } catch (error) {
      if (error instanceof ApiError) setProblem(error.problem);
    } finally {
      setRunning(undefined);
    }
  };
  // A link to a query shows what it comes to.
  useEffect(() => void ask(), []);
  const cancel = () => running && void post(`/query/${running}/cancel`).catch(() => {});
  const insert = (text: string) => {
    const { selectionStart, selectionEnd } = editor.current ?? { selectionStart: 0, selectionEnd: 0 };
    setSql(sql.slice(0, selectionStart) + text + sql.slice(selectionEnd));
    editor.current?.focus();
  };
  return (
    <div class="desk">
      <section>
        <textarea
          ref={editor}
          class="editor mono"
          rows={9}
          spellcheck={false}
          aria-label="SQL"
          placeholder={"select *\nfrom gold.…"}
          value={sql}
          onInput={(event) => setSql(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              void ask();
            }
          }}
        />
        <div class="graph-bar">
          {running ? (
            <button type="button" class="button" onClick={cancel}>
              Cancel
            </button>
          ) : (
            <button type="button" class="button primary" disabled={sql.trim() === ""} onClick={() => void ask()}>
              Run <kbd>Ctrl</kbd>
              <kbd>Enter</kbd>
            </button>
          )}
          <span class="faint small">
            One SELECT on what {lab} has published; at most 1,000 rows and 30 seconds. A selection runs alone.
          </span>
        </div>
        {problem && <ErrorBox problem={problem} />}
        {running && <Loading lines={4} />}
        {answer && !running && !problem && (
          <>
            <div class="graph-bar">
              <div class="chips">
                {["rows", "chart"].map((id) => (
                  <button key={id} type="button" class="chip" aria-pressed={view === id} onClick={() => setView(id)}>
                    {id === "rows" ? "Rows" : "Chart"}
                  </button>
                ))}
              </div>
              <span class="faint small" aria-live="polite">
                {answer.more ? `the first ${plural(answer.rows.length, "row")}` : plural(answer.rows.length, "row")},{" "}
                {seconds(answer.seconds)}, version {answer.version}
              </span>
              <button type="button" class="button small end" onClick={() => download(answer)}>
                CSV
              </button>
            </div>
            {answer.rows.length === 0 ? (
              <Empty title="No rows" />
            ) : view === "rows" ? (
              <Results grid={answer} label="Results" />
            ) : (
              <Chart grid={answer} />
            )}
          </>
        )}
      </section>
      <aside class="catalogue" aria-label="Tables">
        <h2>Tables</h2>
        <Gate from={detail} lines={3}>
          {({ versions }) => {
            const tables = versions.find(({ current }) => current)?.tables ?? [];
            return tables.length === 0 ? (
              <Empty title="Nothing is published yet" />
            ) : (
              <ul class="plain-list">
                {tables.map(({ schema, name, rows }) => (
                  <li key={schema + name}>
                    <button
                      type="button"
                      class="link mono small name"
                      title="Put the name into the query"
                      onClick={() => insert(`${schema}.${name}`)}
                    >
                      {schema}.{name}
                    </button>
                    <span class="faint small">{plural(rows, "row")}</span>
                    <button
                      type="button"
                      class="link small"
                      onClick={() => setSql(`select *\nfrom ${schema}.${name}\nlimit 100`)}
                    >
                      all
                    </button>
                    <button type="button" class="link small" onClick={() => setSql(`summarize ${schema}.${name}`)}>
                      summary
                    </button>
                  </li>
                ))}
              </ul>
            );
          }}
        </Gate>
      </aside>
    </div>
  );
}

/** Text that a spreadsheet would run is quoted with an apostrophe. */
const csvCell = (value: unknown): string => {
  const text = value === null ? "" : String(value);
  const safe = typeof value === "string" && /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function download(grid: Grid): void {
  const lines = [grid.columns.map(({ name }) => name), ...grid.rows].map((row) => row.map(csvCell).join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
  link.download = "result.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
