import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { airflowPython } from "../../conformance/orchestrators/environments.ts";
import { withoutSchedule } from "../../conformance/orchestrate/workspace.ts";
import { median, once as command } from "../measure.ts";
import { writePart } from "../results.ts";

const root = join(import.meta.dirname, "..", "..");
const labs = [process.execPath, join(root, "dist", "labs.js")] as const;
const names = ["lab1_sales_performance", "lab2_forecast_model", "lab3_customer_segmentation"] as const;

/** A lab's five tasks as the Python setup has them: Python for files, loading and looking, dbt between. */
const dag = (dbt: string, python: string, workspace: string, profiles: string): string => `
import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator

def python(text):
    return "${python} - <<'END'\\n" + text + "\\nEND"

with DAG("labs", schedule=None, start_date=datetime.datetime(2026, 1, 1), catchup=False, max_active_tasks=16):
    for lab in ${JSON.stringify(names)}:
        folder = "${workspace}/" + lab
        database = folder + "/data/" + lab + ".duckdb"
        dbt = "cd " + folder + "/dbt && ${dbt} --no-send-anonymous-usage-stats %s --profiles-dir ${profiles} --profile " + lab
        check = BashOperator(task_id=lab + ".check", bash_command=python(
            "import glob; print(glob.glob('" + folder + "/data/raw/**/*.csv', recursive=True))"))
        load = BashOperator(task_id=lab + ".load", bash_command=python("""
import duckdb, glob, os
con = duckdb.connect('%s')
con.execute('create schema if not exists landed')
for file in glob.glob('%s/data/raw/**/*.csv', recursive=True):
    table = os.path.basename(file)[:-4].replace('-', '_')
    con.execute('create or replace table landed."' + table + '" as select * from read_csv(?)', [file])
""" % (database, folder)))
        run = BashOperator(task_id=lab + ".transform", bash_command=dbt % "run")
        test = BashOperator(task_id=lab + ".test", bash_command=dbt % "test")
        inspect = BashOperator(task_id=lab + ".inspect", bash_command=python("""
import duckdb
con = duckdb.connect('%s', read_only=True)
for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
    print(table, con.execute(f'summarize "{schema}"."{table}"').fetchall())
""" % database))
        check >> load >> run >> test >> inspect
`;

/** A copy of the example workspace with its data loaded and built once. */
function workspaceIn(folder: string): string {
  cpSync(join(root, "examples", "cpg"), folder, {
    recursive: true,
    filter: (path) => !/\/(data|target|\.labs|logs)$/.test(path),
  });
  for (const name of names) {
    const file = join(folder, name, "lab.yml");
    if (existsSync(file)) writeFileSync(file, withoutSchedule(readFileSync(file, "utf8")));
  }
  command([...labs, "demo-data", "--rows", "10000", "--quiet", "--workspace", folder]);
  command([...labs, "run", "--all", "--quiet", "--workspace", folder]);
  return folder;
}

/** Seconds from the trigger of the DAG to its end, by Airflow's own record, with its servers running before. */
async function underAirflow(folder: string, rounds: number): Promise<number[]> {
  const python = airflowPython();
  const judge = join(root, "conformance", ".judges", "venv", "bin");
  const workspace = workspaceIn(join(folder, "airflow-labs"));
  const profiles = join(folder, "profiles");
  mkdirSync(profiles);
  const outputs = names.map(
    (name) =>
      `${name}:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: "${join(workspace, name, "data", `${name}.duckdb`)}", threads: 4}\n`,
  );
  writeFileSync(join(profiles, "profiles.yml"), outputs.join(""));
  const home = join(folder, "airflow");
  mkdirSync(join(home, "dags"), { recursive: true });
  writeFileSync(join(home, "dags", "labs.py"), dag(join(judge, "dbt"), join(judge, "python"), workspace, profiles));
  const port = await freePort();
  const env = {
    ...process.env,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS: "True",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(32).toString("hex"),
    AIRFLOW__LOGGING__LOGGING_LEVEL: "WARNING",
  };
  const airflow = join(dirname(python), "airflow");
  execFileSync(airflow, ["db", "migrate"], { env, stdio: "ignore" });
  const servers: ChildProcess[] = ["api-server", "scheduler", "dag-processor"].map((name) => {
    const log = openSync(join(folder, `${name}.log`), "w");
    return spawn(airflow, [name], { env, cwd: home, stdio: ["ignore", log, log], detached: true });
  });
  const rows = (sql: string): Record<string, string>[] => {
    const database = new Database(join(home, "airflow.db"), { readonly: true, timeout: 10_000 });
    try {
      return database.prepare(sql).all() as Record<string, string>[];
    } finally {
      database.close();
    }
  };
  const until = async <T>(what: string, find: () => T | undefined): Promise<T> => {
    for (const end = Date.now() + 600_000; Date.now() < end; await sleep(300)) {
      const found = find();
      if (found !== undefined) return found;
    }
    throw new Error(`Airflow: no ${what} within ten minutes.`);
  };
  try {
    await until("DAG", () => rows("SELECT dag_id FROM serialized_dag")[0]);
    await until("scheduler", () => rows("SELECT id FROM job WHERE job_type = 'SchedulerJob' AND state = 'running'")[0]);
    const found: number[] = [];
    // The first run warms caches and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const id = `round-${round}`;
      execFileSync(airflow, ["dags", "trigger", "labs", "--run-id", id], { env, stdio: "ignore" });
      const seconds = await until("end of the run", () => {
        const [run] = rows(
          `SELECT state, (julianday(end_date) - julianday(queued_at)) * 86400 AS seconds FROM dag_run WHERE run_id = '${id}'`,
        );
        if (run?.state === "failed") throw new Error(`Airflow's run failed; see ${folder}.`);
        return run?.state === "success" ? Number(run.seconds) : undefined;
      });
      if (round > 0) found.push(seconds);
    }
    return found;
  } finally {
    for (const server of servers) if (server.pid !== undefined) process.kill(-server.pid, "SIGKILL");
  }
}

/** Seconds from the order to the end of all labs, with the server running before. */
async function underServe(folder: string, rounds: number, words: string[]): Promise<number[]> {
  const workspace = workspaceIn(folder);
  const port = await freePort();
  const server = spawn(labs[0], [labs[1], "serve", "--quiet", "--port", String(port)], {
    cwd: workspace,
    stdio: "ignore",
  });
  try {
    await sleep(3000);
    const found: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const { wall } = command([...labs, "run", "--all", "--quiet", ...words, "--workspace", workspace]);
      if (round > 0) found.push(wall);
    }
    return found;
  } finally {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
  }
}

/** The API that lab2 polls, for all commands from here on; Airflow's tasks do without it. */
async function productsApi(): Promise<ChildProcess> {
  const script = join(root, "examples", "cpg", "shared", "products-api.mjs");
  const child = spawn(process.execPath, [script, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  process.env["PRODUCTS_API"] = /^http:[^ ]+(?=\/v1)/.exec(String(said))?.[0] ?? "";
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `npm run bench -- airflow [rounds]`: the three example labs from trigger to finish, under Airflow with dbt and under `labs serve`. */
export async function airflow(words: string[]): Promise<void> {
  const rounds = Number(words[0]) || 3;
  const folder = mkdtempSync(join(tmpdir(), "labs-bench-"));
  const products = await productsApi();
  const theirs = median(await underAirflow(folder, rounds));
  const built = median(await underServe(join(folder, "built"), rounds, ["--no-changed"]));
  const same = median(await underServe(join(folder, "same"), rounds, []));
  products.kill();
  rmSync(folder, { recursive: true, force: true });
  const row = (name: string, seconds: number) =>
    `| ${name} | ${seconds.toFixed(2)} | ${(theirs / seconds).toFixed(1)} |`;
  const text = [
    "# The three example labs from trigger to finish",
    "",
    `Written by \`npm run bench -- airflow\` on ${availableParallelism()} cores, medians of ${rounds}, load ${(loadavg()[1] ?? 0).toFixed(1)}. Servers run before. Airflow 3 with LocalExecutor, its times by its own record; its DAG has five tasks a lab: files, loading by Python's DuckDB, \`dbt run\`, \`dbt test\`, a look at every table. The labs' own runs also poll lab2's API.`,
    "",
    "| | wall, s | Airflow ÷ this |",
    "|---|---:|---:|",
    row("Airflow and dbt", theirs),
    row("`labs serve`, every model built, tested, inspected, published", built),
    row("`labs serve`, nothing changed since", same),
    "",
  ].join("\n");
  process.stdout.write(`${text}\n`);
  writePart("airflow", text);
}
