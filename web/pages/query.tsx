import { useEffect, useRef, useState } from "preact/hooks";
import type { Catalogue, Grid, Problem, SavedQueries } from "../../src/server/types.ts";
import { ApiError, post, useApi } from "../lib/api.ts";
import { serverNow } from "../lib/clock.ts";
import { csvOf, download } from "../lib/download.ts";
import { count, plural, seconds } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { queryValue, setQuery } from "../lib/router.ts";
import { Elapsed, Empty, ErrorBox, Gate, Head, Loading } from "../parts/basic.tsx";
import type { EditorHandle } from "../parts/editor.tsx";
import { Results } from "../parts/grid.tsx";
import { Later } from "../parts/later.tsx";
import { LabPicker, Pick } from "../parts/pickers.tsx";
import { Saved, type SavedQuery } from "./query/saved.tsx";

const limits = ["100", "1000", "10000"];
const usual = "1000";

export default function QueryPage() {
  const all = labs.value;
  if (!all) return <Loading />;
  const published = all.filter(({ publishedAt }) => publishedAt !== null);
  const lab = queryValue("lab") || published[0]?.name || "";
  return (
    <>
      <Head title="Query">
        <LabPicker
          value={lab}
          note={({ publishedAt }) => (publishedAt ? "" : " (nothing published)")}
          clears={["sql", "saved"]}
        />
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
  const catalogue = useApi<Catalogue>(`/labs/${encodeURIComponent(lab)}/catalogue`);
  const kept = useApi<SavedQueries>("/queries");
  const [list, setList] = useState<SavedQuery[]>();
  const [sql, setSql] = useState(queryValue("sql"));
  const [answer, setAnswer] = useState<Grid>();
  const [problem, setProblem] = useState<Problem>();
  const [running, setRunning] = useState<{ id: string; since: string }>();
  // A link with a query asks at once: its place is kept free from the first moment.
  const [asks, setAsks] = useState(queryValue("sql") !== "");
  const editor = useRef<EditorHandle>(undefined);
  const stop = useRef<AbortController>(undefined);
  const limit = limits.includes(queryValue("limit")) ? queryValue("limit") : usual;
  const view = queryValue("view") || "rows";
  useEffect(() => () => stop.current?.abort(), []);
  const ask = async (text = editor.current?.selected() ?? sql) => {
    if (text.trim() === "" || running) return;
    setQuery({ sql: text.length < 6000 ? text : "" });
    const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    stop.current = new AbortController();
    setRunning({ id, since: new Date(serverNow()).toISOString() });
    setProblem(undefined);
    try {
      setAnswer(await post<Grid>("/query", { lab, sql: text, id, limit: Number(limit) }, stop.current.signal));
    } catch (error) {
      if (error instanceof ApiError) setProblem(error.problem);
    } finally {
      setRunning(undefined);
      setAsks(false);
    }
  };
  const show = (text: string) => {
    setSql(text);
    editor.current?.replace(text);
  };
  const open = (query: SavedQuery) => {
    if (query.lab !== null && query.lab !== lab)
      setQuery({ lab: query.lab, saved: query.name, sql: query.sql }, { push: true });
    else {
      setQuery({ saved: query.name, sql: query.sql }, { push: true });
      show(query.sql);
      void ask(query.sql);
    }
  };
  // A link to a query shows what it comes to; so does one to a kept query, whatever it is by now.
  useEffect(() => void (queryValue("sql") && ask(queryValue("sql"))), []);
  const all = list ?? kept.data?.queries ?? [];
  const linked = all.find(({ name }) => name === queryValue("saved"));
  useEffect(() => {
    if (linked && queryValue("sql") === "") open(linked);
  }, [linked?.name]);
  const cancel = () => running && void post(`/query/${running.id}/cancel`).catch(() => {});
  return (
    <div class="desk">
      <section>
        <Later
          load={() => import("../parts/editor.tsx")}
          waits={<div class="editor-box waits" />}
          props={{
            initial: sql,
            catalogue: catalogue.data,
            onChange: setSql,
            onRun: () => void ask(),
            onReady: (handle: EditorHandle) => {
              editor.current = handle;
            },
          }}
        />
        <div class="graph-bar">
          {running ? (
            <button type="button" class="button ask" onClick={cancel}>
              Cancel{" "}
              <span class="faint small">
                <Elapsed since={running.since} /> of 30 s
              </span>
            </button>
          ) : (
            <button type="button" class="button primary ask" disabled={sql.trim() === ""} onClick={() => void ask()}>
              Run <kbd>Ctrl</kbd>
              <kbd>Enter</kbd>
            </button>
          )}
          <Pick
            name="limit"
            label="At most so many rows"
            values={limits}
            words={Object.fromEntries(limits.map((n) => [n, `at most ${count(Number(n))} rows`]))}
            value={limit}
          />
          <span class="faint small line">
            One SELECT on what {lab} has published, for at most 30 seconds. A selection runs alone.
          </span>
        </div>
        <div class={asks || running || answer || problem ? "answer" : ""}>
          {problem && <ErrorBox problem={problem} />}
          {running && !answer && <Loading lines={4} />}
          {answer && !problem && (
            <div class={running ? "stale" : ""}>
              <Answer answer={answer} view={view} />
            </div>
          )}
        </div>
      </section>
      <aside class="catalogue" aria-label="Tables and kept queries">
        <Saved lab={lab} sql={sql} list={all} onList={setList} onOpen={open} />
        <h2>Tables</h2>
        <Gate from={catalogue} lines={3}>
          {({ tables }) => (
            <ul class="plain-list">
              {tables.map((table) => (
                <TableItem key={table.schema + table.name} table={table} onInsert={editor} onShow={show} onAsk={ask} />
              ))}
            </ul>
          )}
        </Gate>
      </aside>
    </div>
  );
}

function Answer({ answer, view }: { answer: Grid; view: string }) {
  return (
    <>
      <div class="graph-bar">
        <div class="chips">
          {["rows", "chart"].map((id) => (
            <button
              key={id}
              type="button"
              class="chip"
              aria-pressed={view === id}
              onClick={() => setQuery({ view: id === "rows" ? "" : id })}
            >
              {id === "rows" ? "Rows" : "Chart"}
            </button>
          ))}
        </div>
        <span class="faint small" aria-live="polite">
          {answer.more ? `the first ${plural(answer.rows.length, "row")}` : plural(answer.rows.length, "row")},{" "}
          {seconds(answer.seconds)}, version {answer.version}
        </span>
        <button
          type="button"
          class="button small end"
          onClick={() =>
            download(
              "result.csv",
              csvOf(
                answer.columns.map(({ name }) => name),
                answer.rows,
              ),
            )
          }
        >
          CSV
        </button>
      </div>
      {answer.rows.length === 0 ? (
        <Empty title="No rows" />
      ) : view === "rows" ? (
        <Results grid={answer} label="Results" />
      ) : (
        <Later load={() => import("../parts/chart.tsx")} props={{ grid: answer }} />
      )}
    </>
  );
}

function TableItem({
  table: { schema, name, columns },
  onInsert,
  onShow,
  onAsk,
}: {
  table: Catalogue["tables"][number];
  onInsert: { current: EditorHandle | undefined };
  onShow: (sql: string) => void;
  onAsk: (sql: string) => Promise<void>;
}) {
  const whole = `${schema}.${name}`;
  const run = (sql: string) => {
    onShow(sql);
    void onAsk(sql);
  };
  return (
    <li>
      <button
        type="button"
        class="link mono small name"
        title="Put the name into the query"
        onClick={() => onInsert.current?.insert(whole)}
      >
        {whole}
      </button>
      <button type="button" class="link small" onClick={() => run(`select *\nfrom ${whole}\nlimit 100`)}>
        rows
      </button>
      <button type="button" class="link small" onClick={() => run(`summarize ${whole}`)}>
        summary
      </button>
      <details>
        <summary>{plural(columns.length, "column")}</summary>
        <ul class="plain-list columns-list">
          {columns.map((column) => (
            <li key={column.name}>
              <button type="button" class="link mono small" onClick={() => onInsert.current?.insert(column.name)}>
                {column.name}
              </button>{" "}
              <span class="faint small">{column.type}</span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
