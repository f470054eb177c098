import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "#ledger/index.ts";
import { openApi } from "./openapi.ts";
import { operations } from "./app.ts";
import { type RunningServer, startServer } from "./start.ts";
import { workspaceWithRun } from "./testing/workspace.ts";
import type * as types from "./types.ts";

let root: string;
let run: string;
let server: RunningServer;
const defects: unknown[] = [];

beforeAll(async () => {
  ({ root, run } = await workspaceWithRun());
  server = await startServer({
    workspace: root,
    port: 0,
    pages: join(root, "no-pages"),
    version: "1.2.3",
    // Every answer below is checked against its schema.
    checkAnswers: true,
    onDefect: (error) => defects.push(error),
  });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const ask = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);
async function get<T>(path: string): Promise<T> {
  const response = await ask(`/api/v1${path}`);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(`/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("looking", () => {
  it("shows every lab, also one that never ran", async () => {
    const { labs } = await get<types.LabList>("/labs");
    expect(labs.map(({ name, state }) => [name, state])).toEqual([
      ["shop", "ok"],
      ["idle", "never"],
    ]);
    expect(labs[0]).toMatchObject({
      owner: "ann",
      lastRun: { id: run, status: "ok" },
      quarantined: 1,
      rows: 50,
      failingTests: 0,
    });
    expect(labs[0]?.nextRun).toMatch(/T06:30:00/);
    expect(labs[0]?.trend).toHaveLength(1);
  });

  it("shows a lab with its sources, stages and published version", async () => {
    const detail = await get<types.LabDetail>("/labs/shop");
    expect(detail.sources).toEqual([
      { name: "sold", table: "raw.sold", kind: "csv", from: "sold*.csv", columns: 3, key: ["id"] },
    ]);
    expect(detail.steps).toContain("transform");
    expect(detail.versions).toHaveLength(1);
    expect(detail.schedule?.next).toHaveLength(5);
  });

  it("draws the graph and tells about a node", async () => {
    const graph = await get<types.Graph>("/labs/shop/graph");
    expect(graph.edges).toContainEqual({ from: "model.shop.bronze", to: "model.shop.kpi" });
    expect(graph.nodes.find(({ id }) => id === "model.shop.kpi")).toMatchObject({
      status: "success",
      published: true,
      tests: { passed: 1, failed: 0 },
    });
    const node = await get<types.NodeDetail>("/labs/shop/nodes/model.shop.kpi");
    expect(node.source).toContain("ref('bronze')");
    expect(node.compiled).toContain('"bronze"."bronze"');
    expect(node.columns).toEqual([{ name: "n", type: null, description: "Pieces" }]);
  });

  it("shows a run with its nodes on the time line, and its log page by page", async () => {
    const detail = await get<types.RunDetailJson>(`/runs/${run}`);
    expect(detail.steps.map(({ name }) => name)).toEqual(["check", "load", "transform", "inspect", "publish"]);
    const started = detail.nodes.map(({ startedAt }) => startedAt);
    expect(started).toEqual(started.toSorted());
    expect(started).not.toContain(null);
    expect(detail.versions).toHaveLength(1);
    const first = await get<types.RunEvents>(`/runs/${run}/events?limit=2`);
    const rest = await get<types.RunEvents>(`/runs/${run}/events?after=${first.next}`);
    expect(rest.events[0]?.seq).toBe((first.events[1]?.seq ?? 0) + 1);
  });

  it("profiles a published table and gives its rows sorted and filtered", async () => {
    const table = await get<types.TableDetail>("/labs/shop/tables/gold.kpi");
    expect(table).toMatchObject({ published: true, rows: 50, description: "What sells" });
    const [what, n] = table.columns;
    expect(what?.top[0]).toEqual({ value: "thing 0", rows: 17 });
    expect(n).toMatchObject({ description: "Pieces", min: "0", max: "6" });
    expect(n?.histogram.reduce((sum, bin) => sum + bin.rows, 0)).toBe(50);
    expect(table.tests).toMatchObject([{ status: "pass" }]);
    const grid = await get<types.Grid>(
      "/labs/shop/tables/gold.kpi/rows?limit=2&sort=n&descending=true&filter=what~THING%201",
    );
    expect(grid.total).toBe(17);
    expect(grid.rows.map(([what2, of]) => [what2, of])).toEqual([
      ["thing 1", 6],
      ["thing 1", 6],
    ]);
    const inner = await get<types.TableDetail>("/labs/shop/tables/bronze.bronze");
    expect(inner).toMatchObject({ published: false, rows: 50, columns: [] });
  });

  it("shows quarantine and files", async () => {
    const { groups, rows } = await get<types.Quarantine>("/labs/shop/quarantine");
    expect(groups).toMatchObject([{ table: "sold", rows: 1 }]);
    expect(rows[0]?.row).toBe("51,many,thing");
    expect((await get<types.FileList>("/labs/shop/files")).files).toMatchObject([{ file: "sold.csv", rows: 51 }]);
  });

  it("answers health, alerts, docs, jobs and metrics", async () => {
    await get("/health");
    await get("/alerts");
    await get("/jobs");
    const docs = await get<types.Docs>("/docs");
    expect(docs.entries.find(({ name }) => name === "kpi")?.description).toBe("What sells");
    expect(await (await ask("/metrics")).text()).toMatch(/^labs_lab_published_rows\{lab="shop"\} 50$/m);
  });

  it("gives pages of runs", async () => {
    const first = await get<types.RunList>("/runs?limit=1");
    expect(first).toMatchObject({ runs: [{ id: run }], next: null });
    expect((await get<types.RunList>(`/runs?cursor=${run}`)).runs).toEqual([]);
  });
});

describe("asking", () => {
  const query = (sql: string, limit = 100) => post("/query", { lab: "shop", sql, limit });

  it("answers a SELECT with a row limit", async () => {
    const grid = (await (await query("select n, price from gold.kpi order by n desc", 3)).json()) as types.Grid;
    expect(grid).toMatchObject({
      rows: [
        [6, "9.0"],
        [6, "9.0"],
        [6, "9.0"],
      ],
      more: true,
      total: null,
    });
    for (const sql of [
      "from gold.kpi",
      "-- c\nwith a as (select 1 as x) from a;",
      "describe gold.kpi",
      "explain select 1",
      // Words in texts, names and comments do nothing.
      "select 'duckdb_settings()' as \"current_setting\" -- from read_text('x')",
      "select count(*) from gold.kpi where what like '%query(%' or what = 'getenv(1)'",
      "explain select 'duckdb_secrets' from gold.kpi",
      "from duckdb_columns()",
      "from (values (1)) as query(x)",
      "pivot gold.kpi on what in ('thing 1') using sum(n)",
      "explain (format json) select 'getenv'",
      "summarize gold.kpi",
      "select * from range(3) r(i), unnest([i, 2])",
    ])
      expect([sql, (await query(sql)).status]).toEqual([sql, 200]);
  });

  const refused: [string, string][] = [
    ["several statements", "select 1; select 2"],
    ["COPY", "copy gold.kpi to '/tmp/labs-server-test-leak.csv'"],
    ["COPY FROM", "copy gold.kpi from '/etc/passwd'"],
    ["ATTACH", "attach '/tmp/labs-server-test.duckdb' as other"],
    ["read_text", "select * from read_text('/etc/passwd')"],
    ["read_csv", "select * from read_csv('/etc/passwd')"],
    ["a file as a table", "select * from '/etc/passwd'"],
    ["glob", "select * from glob('/etc/*')"],
    ["the network", "select * from read_csv('http://127.0.0.1:1/x.csv')"],
    ["LOAD", "load httpfs"],
    ["INSTALL", "install httpfs"],
    ["PRAGMA", "pragma database_list"],
    ["SET", "set enable_external_access = true"],
    ["RESET", "reset lock_configuration"],
    ["EXPORT", "export database '/tmp/labs-server-test'"],
    ["EXPLAIN ANALYZE", "explain analyze copy gold.kpi to '/tmp/labs-server-test-leak.csv'"],
    ["CREATE", "create table gold.mine as select 1"],
    ["a macro that stays", "create macro f() as 1"],
    ["DELETE", "delete from gold.kpi"],
    ["CALL", "call pragma_version()"],
    ["PREPARE", "prepare p as select 1"],
    ["USE", "use memory"],
    ["CHECKPOINT", "checkpoint"],
    ["a closed bracket", "select 1) ; copy gold.kpi to '/tmp/labs-server-test-leak.csv' --"],
    ["nothing", "  -- nothing"],
    ["read_blob", "from read_blob('/etc/passwd')"],
    ["read_json", "from read_json_auto('/proc/self/environ')"],
    ["sniff_csv", "from sniff_csv('/etc/passwd')"],
    ["parquet_metadata", "from parquet_metadata('/etc/passwd')"],
    ["another database", "from read_duckdb('/etc/passwd')"],
    ["an extension by its function", "from sqlite_scan('/etc/passwd', 'x')"],
    ["getenv", "select getenv('HOME')"],
    ["secrets", "from duckdb_secrets()"],
    ["which_secret", "from which_secret('s3://x', 's3')"],
    ["settings", "select value from duckdb_settings()"],
    ["one setting", "select current_setting('temp_directory')"],
    ["paths of databases", 'select path from "duckdb_databases"()'],
    ["extensions and where they lie", "from duckdb_extensions()"],
    ["a pragma as a table", "from pragma_database_size()"],
    ["a name put together", "from query('from duckdb_' || 'settings()')"],
    ["a name put together behind a comment", "from query /* x */ ('from duckdb_' || 'settings()')"],
    ["a table put together", "from query_table('/etc/' || 'passwd')"],
    ["a file in a subquery", "select (select content from read_text('/etc/passwd'))"],
    ["a file in EXPLAIN", "explain analyze from read_text('/etc/passwd')"],
    ["a file in SUMMARIZE", "summarize from read_text('/etc/passwd')"],
    ["SQL read from JSON", "from json_execute_serialized_sql(json_serialize_sql('from duckdb_' || 'settings()'))"],
    ["a plan of SQL in a text", "select json_serialize_plan('select current_setting(''threads'')')"],
    ["settings as PostgreSQL calls them", "from pg_catalog.pg_settings"],
    ["settings in EXPLAIN", "explain select current_setting('threads')"],
    ["settings in EXPLAIN with options", "explain (format json) select current_setting('threads')"],
    ["settings in EXPLAIN ANALYZE with options", "explain (analyze) select current_setting('threads')"],
    ["EXPLAIN of what is no query", "explain (analyze) copy gold.kpi to '/tmp/labs-server-test-leak.csv'"],
    ["settings behind a statement", "select 1; from duckdb_settings()"],
    ["settings in a PIVOT of values", "pivot (from duckdb_settings()) on name in ('threads') using first(value)"],
    ["settings in a PIVOT", "pivot (from duckdb_settings()) on name using first(value)"],
    ["settings in a window", "select count(*) over (order by current_setting('threads')) from gold.kpi"],
    ["settings in a CTE", "with a as (select 1 as x where current_setting('threads') = '2') from a"],
    ["settings in a LATERAL join", "from gold.kpi k, lateral (select value from duckdb_settings())"],
    ["a log to write", "select write_log('x')"],
    ["logging", "from enable_logging()"],
    ["logs", "from duckdb_logs"],
    ["a checkpoint as a table", "from checkpoint()"],
    ["pointers into memory", "from arrow_scan(1, 2, 3)"],
    ["a schema before it", "from system.main.duckdb_settings()"],
    ["a function in quotes", `select "current_setting"('threads')`],
  ];
  it.each(refused)("refuses %s", async (_, sql) => {
    const response = await query(sql);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toMatch(/problem\+json/);
    const problem = (await response.json()) as types.Problem;
    expect(problem.code).toMatch(/^(SRV-012|SRV-015|DUCK-003)$/);
    // Neither content nor where things lie on this machine.
    expect(JSON.stringify(problem)).not.toMatch(/root:|\.duckdb|\/tmp\/labs-server-\w{6}/);
    const { entries } = (await (await ask("/api/v1/audit?limit=1")).json()) as types.AuditList;
    // What is no table is a mistake, what is forbidden an attempt; of one address sixty a minute have a line.
    if (problem.code !== "DUCK-003" && refused.findIndex(([, each]) => each === sql) < 50)
      expect(entries[0]).toMatchObject({
        who: "local",
        action: "POST /query",
        outcome: "refused",
        detail: problem.code,
      });
  });

  it("stops a query that somebody cancels", async () => {
    const asked = post("/query", {
      lab: "shop",
      sql: "select count(*) from range(100000000000) a, range(1000) b",
      id: "slow",
    });
    let done = false;
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      done = ((await (await post("/query/slow/cancel", {})).json()) as { done: boolean }).done;
    }
    expect(((await (await asked).json()) as types.Problem).code).toBe("DUCK-004");
  });

  it("says that nothing is published", async () => {
    const response = await post("/query", { lab: "idle", sql: "select 1" });
    expect([response.status, ((await response.json()) as types.Problem).code]).toEqual([404, "PUB-001"]);
  });
});

describe("acting", () => {
  it("queues a run once for one Idempotency-Key", async () => {
    const headers = { "idempotency-key": "k1" };
    const first = await post("/labs/shop/runs", { select: ["kpi"] }, headers);
    expect(first.status).toBe(202);
    const job = (await first.json()) as types.JobJson;
    expect(job).toMatchObject({ lab: "shop", state: "queued", trigger: "api", command: "labs run shop --select kpi" });
    expect(await (await post("/labs/shop/runs", { select: ["kpi"] }, headers)).json()).toEqual(job);
    const other = await post("/labs/shop/runs", {}, headers);
    expect([other.status, ((await other.json()) as types.Problem).code]).toEqual([409, "SRV-011"]);
    expect((await get<types.JobList>("/jobs")).jobs).toHaveLength(1);
    expect((await get<types.LabList>("/labs")).labs[0]?.state).toBe("queued");
    const cancelled = (await (await post(`/jobs/${job.id}/cancel`, {})).json()) as types.JobJson;
    expect(cancelled.state).toBe("cancelled");
  });

  it("pauses and resumes, and the audit log says who did", async () => {
    const paused = (await (await post("/labs/shop/pause", { why: "stocktaking" })).json()) as types.LabRow;
    expect(paused).toMatchObject({ paused: { by: "local", why: "stocktaking" }, nextRun: null });
    expect(((await (await post("/labs/shop/resume", {})).json()) as types.LabRow).paused).toBeNull();
    const { entries } = await get<types.AuditList>("/audit?limit=2");
    expect(entries.map(({ who, action, subject, outcome }) => [who, action, subject, outcome])).toEqual([
      ["local", "resume", "shop", "done"],
      ["local", "pause", "shop", "done"],
    ]);
  });

  it("corrects a quarantined row", async () => {
    const [row] = (await get<types.Quarantine>("/labs/shop/quarantine")).rows;
    const fix = { table: row?.table, load: row?.load, record: row?.record };
    const still = await post("/labs/shop/quarantine/replay", { rows: [{ ...fix, row: "51,lots,thing" }] });
    expect(((await still.json()) as types.Replayed).results[0]).toMatchObject({ tried: 1, loaded: 0 });
    const fixed = await post("/labs/shop/quarantine/replay", { rows: [{ ...fix, row: "51,3,thing" }] });
    expect(((await fixed.json()) as types.Replayed).results[0]).toMatchObject({ tried: 1, loaded: 1 });
    expect((await get<types.Quarantine>("/labs/shop/quarantine")).rows).toEqual([]);
  });
});

describe("live", () => {
  /** Reads events of a stream until one fits. */
  async function until(path: string, fits: (event: string, data: string) => boolean, lastId?: string) {
    const stop = new AbortController();
    const response = await ask(path, {
      signal: stop.signal,
      headers: lastId === undefined ? {} : { "last-event-id": lastId },
    });
    const seen: { id: string; event: string; data: string }[] = [];
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const of = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? "";
        if (of("event") === "") continue;
        seen.push({ id: of("id"), event: of("event"), data: of("data") });
        if (!fits(of("event"), of("data"))) continue;
        stop.abort();
        return seen;
      }
    }
    return seen;
  }

  it("tells of what other processes write, and goes on where a listener left off", async () => {
    const started = until("/api/v1/events", (event) => event === "lab");
    const ledger = await openLedger(join(root, ".labs/ledger.db"));
    // The first look only learns how things are.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await ledger.jobs.pause("shop", "ben", null, new Date());
    const seen = await started;
    expect(seen[0]?.event).toBe("reset");
    expect(JSON.parse(seen.at(-1)?.data ?? "")).toMatchObject({
      type: "lab",
      lab: { name: "shop", paused: { by: "ben" } },
    });
    const lastId = seen.at(-1)?.id ?? "";
    const again = until("/api/v1/events", (event, data) => event === "lab" && data.includes('"paused":null'), lastId);
    await ledger.jobs.resume("shop");
    await ledger.close();
    expect((await again).map(({ event }) => event)).not.toContain("reset");
    expect((await until("/api/v1/events", () => true, "another-7"))[0]?.event).toBe("reset");
  });

  it("gives the log of a run from the number after the last one seen", async () => {
    const all = await until(`/api/v1/runs/${run}/stream`, (event) => event === "end");
    const rest = await until(`/api/v1/runs/${run}/stream`, (event) => event === "end", all[2]?.id);
    expect(rest).toEqual(all.slice(3));
  });

  it("asks for everything anew when a lab is no more", async () => {
    const file = join(root, "shared/config/labs_config.yaml");
    const before = readFileSync(file, "utf8");
    const seen: string[] = [];
    const heard = until("/api/v1/events", (event) => seen.push(event) > 1 && event === "reset");
    await new Promise((resolve) => setTimeout(resolve, 600));
    writeFileSync(file, before.replace("  idle: {}\n", ""));
    utimesSync(file, new Date(), new Date(Date.now() + 2000));
    // The files are looked at with the next change in the ledger.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const ledger = await openLedger(join(root, ".labs/ledger.db"));
    await ledger.jobs.pause("shop", "ben", null, new Date());
    expect((await heard).at(-1)?.event).toBe("reset");
    await ledger.jobs.resume("shop");
    await ledger.close();
    writeFileSync(file, before);
    while ((await get<types.LabList>("/labs")).labs.length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

describe("the document", () => {
  it("describes every route, and errors are problems with our codes", async () => {
    const document = (await (await ask("/api/v1/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(document).toEqual(JSON.parse(JSON.stringify(openApi(operations, "1.2.3"))));
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toContain("/api/v1/labs/{lab}/tables/{table}/rows");
    for (const [path, status, code] of [
      ["/labs/shopp", 404, "REG-002"],
      ["/runs/zzz", 404, "LED-005"],
      ["/runs?limit=0", 400, "SRV-005"],
      ["/runs?what=1", 400, "SRV-005"],
      ["/labs/shop/tables/gold.nix", 404, "SRV-006"],
      ["/labs/shop/tables/gold.kpi/rows?sort=nix", 400, "SRV-005"],
      ["/labs/shop/nodes/nix", 404, "SRV-006"],
      ["/labs/idle/graph", 404, "SRV-014"],
      ["/nix", 404, "SRV-006"],
    ] as const) {
      const response = await ask(`/api/v1${path}`);
      const problem = (await response.json()) as types.Problem;
      expect([path, response.status, problem.code]).toEqual([path, status, code]);
      expect(problem.status).toBe(status);
    }
  });

  it("had no defect", () => {
    expect(defects).toEqual([]);
  });
});
