/**
 * Judge: the real Airflow 3 runs what `labs export airflow` writes.
 *
 *   npm run judge:airflow
 *
 * On a copy of the example workspace with schedules, steps of labs' own, a hostile description, a lab behind another one, and
 * paused and archived labs: what Airflow reads in the file, a run of all labs, a run with a failing lab, and its repair.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { check, end } from "./checks.ts";
import { airflowPython } from "./environments.ts";
import { customers, forecast, hostile, JudgedWorkspace, reorder, sales } from "./workspace.ts";

interface FoundTask {
  rule: string;
  pool: string;
  retries: number;
  delay: number;
  weight: number;
  after: string[];
  outlets: string[];
  callback: boolean;
}
interface FoundDag {
  description: string;
  doc: string;
  owner: string;
  catchup: boolean;
  paused: boolean;
  timeout: number | null;
  schedule: { kind: string; clock: string; assets: string[]; any: string };
  tasks: Record<string, FoundTask>;
}

const python = airflowPython();
const workspace = new JudgedWorkspace();
const home = join(workspace.folder, "airflow");
const dagFile = join(home, "dags", "labs.py");
mkdirSync(dirname(dagFile), { recursive: true });
const env = await workspace.environment({
  AIRFLOW_HOME: home,
  AIRFLOW__CORE__DAGS_FOLDER: dirname(dagFile),
  AIRFLOW__CORE__LOAD_EXAMPLES: "False",
  AIRFLOW__LOGGING__LOGGING_LEVEL: "WARNING",
});
const airflow = (...words: string[]) =>
  execFileSync(join(dirname(python), "airflow"), words, {
    env,
    cwd: home,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1e9,
  });

try {
  workspace.labs("export", "airflow", "--to", dagFile);
  workspace.labs("export", "airflow", "--pools", "--to", join(home, "pools.json"));
  airflow("db", "migrate");
  airflow("pools", "import", join(home, "pools.json"));
  airflow("dags", "reserialize");
  structure();
  await goodRun();
  await failingRun();
  await mendedRun();
} finally {
  workspace.end();
}
end();

/** What Airflow reads in the file. */
function structure(): void {
  check("no import errors", rows("SELECT stacktrace FROM import_error"), []);
  const dags = found();
  check(
    "the DAGs",
    Object.keys(dags).sort(),
    [
      ...[sales, forecast, customers, reorder, "resting"].map((lab) => `labs_${lab}`),
      `labs_${customers}.files`,
      "labs.all",
    ].sort(),
  );
  const of = (lab: string) => dags[`labs_${lab}`] as FoundDag;
  check("a hostile description", [of(customers).description, of(customers).doc], [hostile, `${hostile}\n`]);
  check("owner", of(sales).owner, "commercial-analytics");
  check(
    "paused",
    Object.entries(dags).flatMap(([id, { paused }]) => (paused ? [id] : [])),
    ["labs_resting"],
  );
  check(
    "catch up",
    Object.entries(dags).flatMap(([id, { catchup }]) => (catchup ? [id] : [])),
    [`labs_${sales}`],
  );
  check("timeout", of(forecast).timeout, 7200);
  check("one cron", of(sales).schedule, {
    kind: "CronTriggerTimetable",
    clock: "CronTriggerTimetable",
    assets: [],
    any: "NoneType",
  });
  check("after a lab", [of(forecast).schedule.assets, of(forecast).schedule.any], [[`labs_${sales}`], "AssetAny"]);
  check(
    "crons, files and a lab",
    [of(customers).schedule.clock, of(customers).schedule.assets],
    ["MultipleCronTriggerTimetable", [`labs_${sales}`, `labs_${customers}.files`]],
  );
  check(
    "an interval and a lab",
    [of(reorder).schedule.clock, of(reorder).schedule.assets],
    ["DeltaTriggerTimetable", [`labs_${forecast}`]],
  );
  const tasks = of(sales).tasks;
  const id = (name: string) => `${sales}.${name}`;
  check(
    "tasks in their order",
    Object.fromEntries(
      Object.entries(tasks).map(([name, { rule, after }]) => [
        name.replace(`${sales}.`, ""),
        [rule, ...after.map((one) => one.replace(`${sales}.`, ""))],
      ]),
    ),
    {
      check: ["all_success"],
      flaky: ["all_success", "check"],
      load: ["all_success", "flaky"],
      transform: ["all_success", "load"],
      inspect: ["all_success", "transform"],
      publish: ["all_success", "inspect"],
      clean: ["all_done", "publish"],
      mend: ["one_failed", "publish"],
      DONE: ["all_success", "clean", "publish"],
    },
  );
  check("a task", tasks[id("publish")], {
    rule: "all_success",
    pool: `labs_${sales}`,
    retries: 2,
    delay: 1,
    weight: 1,
    after: [id("inspect")],
    outlets: [`labs_${sales}`],
    callback: true,
  });
  check("priority", of(forecast).tasks[`${forecast}.check`]?.weight, 4);
  const all = dags["labs.all"]?.tasks ?? {};
  check(
    "labs that wait for others",
    [all[`${forecast}.check`]?.after, all[`${reorder}.check`]?.after],
    [[`${sales}.DONE`], [`${forecast}.publish`]],
  );
  check(
    "a report of all",
    all["_report"]?.after,
    [`${sales}.DONE`, `${customers}.publish`, `${forecast}.publish`, `${reorder}.publish`].sort(),
  );
  check(
    "pools",
    rows("SELECT pool FROM slot_pool WHERE pool LIKE 'labs_%' AND slots = 1 ORDER BY pool"),
    [sales, forecast, customers, reorder, "resting"]
      .map((lab) => ({ pool: `labs_${lab}` }))
      .sort((a, b) => (a.pool < b.pool ? -1 : 1)),
  );
  const ours = JSON.parse(workspace.labs("schedule", "-o", "json")) as {
    labs: { name: string; schedule: { next: string[] } | null }[];
  };
  const [next = ""] = ours.labs.find(({ name }) => name === customers)?.schedule?.next ?? [];
  const [theirs] = rows(`SELECT next_dagrun_create_after AS at FROM dag WHERE dag_id = 'labs_${customers}'`) as {
    at: string;
  }[];
  check("the next run", theirs && Date.parse(`${theirs.at.slice(0, 19).replace(" ", "T")}Z`), Date.parse(next));
}

async function goodRun(): Promise<void> {
  const states = await test("labs.all");
  check("good run", count(states), { success: 24, skipped: 1 });
  check("a task that failed in a way that may pass ran again", states[`${sales}.flaky`], ["success", 2]);
  check("cleaning up", [workspace.exists(`${sales}/cleaned`), workspace.exists(`${sales}/mended`)], [true, false]);
  check("no failure was told", told(), []);
  for (const lab of [sales, forecast, customers, reorder])
    check(`${lab} is published`, workspace.published(lab) !== null, true);
}

async function failingRun(): Promise<void> {
  workspace.breakForecast();
  const before = workspace.published(forecast);
  const states = await test("labs.all");
  const of = (lab: string) =>
    Object.fromEntries(
      Object.entries(states).flatMap(([name, [state]]) =>
        name.startsWith(`${lab}.`) ? [[name.slice(lab.length + 1), state]] : [],
      ),
    );
  check("the failing lab", of(forecast), {
    check: "success",
    load: "success",
    transform: "failed",
    inspect: "upstream_failed",
    publish: "upstream_failed",
  });
  check("it was not tried again", states[`${forecast}.transform`]?.[1], 1);
  check("the lab behind it is not run", new Set(Object.values(of(reorder))), new Set(["upstream_failed"]));
  check(
    "the others go on",
    [...Object.values(of(sales)), ...Object.values(of(customers))].filter((state) => state !== "success"),
    ["skipped"],
  );
  check("the report fails", states["_report"]?.[0], "failed");
  const posts = told();
  check(
    "each failure is told once",
    posts.map((text) => text.split(" failed: ")[0]).sort(),
    [`labs.all: ${forecast}.transform`, "labs.all: _report"].sort(),
  );
  check(
    "the report names the labs",
    posts.some((text) => text.endsWith(`These labs did not end well: ${forecast}, ${reorder}`)),
    true,
  );
  check("readers keep what they have", workspace.published(forecast), before);
}

async function mendedRun(): Promise<void> {
  workspace.mendForecast();
  const states = await test(`labs_${forecast}`);
  check("mended, in its own DAG", count(states), { success: 5 });
  const version = workspace.published(sales);
  check("run again", count(await test(`labs_${sales}`)), { success: 8, skipped: 1 });
  check("what was done is not done twice", workspace.published(sales), version);
  check("nothing more was told", told(), []);
}

function found(): Record<string, FoundDag> {
  const text = execFileSync(python, [join(import.meta.dirname, "inspect_dags.py"), dagFile], {
    env,
    cwd: home,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = text.split("\n").find((one) => one.startsWith("FOUND ")) ?? "FOUND {}";
  return JSON.parse(line.slice(6)) as Record<string, FoundDag>;
}

/** Runs a DAG as `airflow dags test` does; gives the state and the attempts of each task. */
async function test(dag: string): Promise<Record<string, [state: string, attempts: number]>> {
  const started = Date.now();
  // The webhook is answered meanwhile.
  const child = spawn(join(dirname(python), "airflow"), ["dags", "test", dag], {
    env,
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said += part.toString()));
  await new Promise((done) => void child.on("close", done));
  const tasks = rows(
    `SELECT task_id AS id, state, try_number AS tries FROM task_instance WHERE dag_id = '${dag}'
     AND run_id = (SELECT run_id FROM dag_run WHERE dag_id = '${dag}' ORDER BY id DESC LIMIT 1) ORDER BY task_id`,
  ) as { id: string; state: string; tries: number }[];
  console.log(`airflow dags test ${dag}: ${tasks.length} tasks in ${Math.round((Date.now() - started) / 1000)} s`);
  if (tasks.length === 0 || process.env["JUDGE_VERBOSE"]) console.log(said.slice(-10_000));
  return Object.fromEntries(tasks.map(({ id, state, tries }) => [id, [state, tries]]));
}

function count(states: Record<string, [string, number]>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [state] of Object.values(states)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What came to the webhook since the last call. */
function told(): string[] {
  return workspace.posts.splice(0);
}

function rows(sql: string): unknown[] {
  const database = new Database(join(home, "airflow.db"), { readonly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
