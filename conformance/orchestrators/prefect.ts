/**
 * Judge: the real Prefect 3 runs what `labs export prefect` writes.
 *
 *   npm run judge:prefect
 *
 * The same workspace as for Airflow: the deployments that Prefect makes of the file, a run of all labs, a run with a failing
 * lab, and its repair.
 */
import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import Database from "better-sqlite3";
import { check, end } from "./checks.ts";
import { prefectPython } from "./environments.ts";
import { customers, forecast, hostile, JudgedWorkspace, reorder, sales } from "./workspace.ts";

const python = prefectPython();
const workspace = new JudgedWorkspace();
const home = join(workspace.folder, "prefect");
const flowFile = join(workspace.folder, "labs_flows.py");
const env = await workspace.environment({
  PREFECT_HOME: home,
  PREFECT_SERVER_ANALYTICS_ENABLED: "false",
  DO_NOT_TRACK: "1",
  // A busy machine takes longer than the default of 20 seconds.
  PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: "180",
  PREFECT_LOGGING_LEVEL: "WARNING",
});

try {
  workspace.labs("export", "prefect", "--to", flowFile);
  structure();
  await goodRun();
  await failingRun();
  await mendedRun();
} finally {
  workspace.end();
}
end();

interface FoundDeployment {
  description: string;
  parameters: Record<string, string>;
  paused: boolean;
  limit: number | null;
  schedules: { cron: string | null; every: number | null; timezone: string }[];
  triggers: [string[], Record<string, string>][];
}

/** The deployments that Prefect makes of the file. */
function structure(): void {
  const text = execFileSync(python, [join(import.meta.dirname, "inspect_flows.py"), flowFile], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = text.split("\n").find((one) => one.startsWith("FOUND ")) ?? "FOUND {}";
  const found = JSON.parse(line.slice(6)) as Record<string, FoundDeployment>;
  const labs = [sales, forecast, customers, reorder, "resting"];
  check(
    "the deployments",
    Object.keys(found).sort(),
    [...labs.map((lab) => `labs-lab/labs-${lab}`), `labs-files/labs-${customers}`, "labs-all/labs-all"].sort(),
  );
  const of = (lab: string) => found[`labs-lab/labs-${lab}`] as FoundDeployment;
  check("a hostile description", of(customers).description, hostile);
  check("parameters", of(sales).parameters, { name: sales });
  check("one run of a lab at a time", new Set(labs.map((lab) => of(lab).limit)), new Set([1]));
  check(
    "paused",
    labs.filter((lab) => of(lab).paused),
    ["resting"],
  );
  check("one cron", of(sales).schedules, [{ cron: "30 2 * * 1-5", every: null, timezone: "Europe/Berlin" }]);
  check(
    "several crons",
    of(customers).schedules.map(({ cron }) => cron),
    ["0 6 * * *", "0 18 * * 1"],
  );
  check(
    "an interval",
    of(reorder).schedules.map(({ every }) => every),
    [7200],
  );
  const published = (lab: string) => [["labs.published"], { "prefect.resource.id": `labs.labs.${lab}` }];
  check("after a lab", of(forecast).triggers, [published(sales)]);
  check("files and a lab", of(customers).triggers, [
    published(sales),
    [["labs.files"], { "prefect.resource.id": `labs.labs.${customers}` }],
  ]);
  check(
    "looks for files",
    found[`labs-files/labs-${customers}`]?.schedules.map(({ every }) => every),
    [300],
  );
}

async function goodRun(): Promise<void> {
  const { ok, tasks, flows } = await run();
  check("good run", [ok, flows["labs-all"]], [true, "COMPLETED"]);
  const steps = ["check", "load", "transform", "inspect", "publish"];
  check(
    "every task",
    Object.keys(tasks).sort(),
    [
      ...[sales, forecast, customers, reorder].flatMap((lab) => [lab, ...steps.map((step) => `${lab}.${step}`)]),
      `${sales}.flaky`,
      `${sales}.clean`,
    ].sort(),
  );
  check("went well", new Set(Object.values(tasks).map(([state]) => state)), new Set(["COMPLETED"]));
  check("a task that failed in a way that may pass ran again", tasks[`${sales}.flaky`], ["COMPLETED", 2]);
  check("cleaning up", [workspace.exists(`${sales}/cleaned`), workspace.exists(`${sales}/mended`)], [true, false]);
  check("no failure was told", told(), []);
  for (const lab of [sales, forecast, customers, reorder])
    check(`${lab} is published`, workspace.published(lab) !== null, true);
}

async function failingRun(): Promise<void> {
  workspace.breakForecast();
  const before = workspace.published(forecast);
  const { ok, tasks, flows } = await run();
  check("a run with a failing lab", [ok, flows["labs-all"], flows[forecast]], [false, "FAILED", "FAILED"]);
  check("the failing step, tried once", tasks[`${forecast}.transform`], ["FAILED", 1]);
  check("nothing behind it", [tasks[`${forecast}.inspect`], tasks[`${forecast}.publish`]], [undefined, undefined]);
  check("the lab behind it is not run", [tasks[reorder]?.[0], tasks[`${reorder}.check`]], ["PENDING", undefined]);
  check("the others go on", [flows[sales], flows[customers]], ["COMPLETED", "COMPLETED"]);
  const posts = told();
  check(
    "each failure is told once",
    posts.map((text) => text.split(" failed: ")[0]).sort(),
    [`labs: ${forecast}.transform`, "labs: labs-all"].sort(),
  );
  check(
    "the report names the labs",
    posts.some((text) => text.includes(`did not end well: ${forecast}, ${reorder}`)),
    true,
  );
  check("readers keep what they have", workspace.published(forecast), before);
}

async function mendedRun(): Promise<void> {
  workspace.mendForecast();
  check("mended, by itself", (await run(forecast)).ok, true);
  const version = workspace.published(sales);
  check("run again", (await run(sales)).ok, true);
  check("what was done is not done twice", workspace.published(sales), version);
  check("nothing more was told", told(), []);
}

/** Runs the file as a person would; gives the states of what ran in it. */
async function run(
  ...lab: string[]
): Promise<{ ok: boolean; tasks: Record<string, [state: string, attempts: number]>; flows: Record<string, string> }> {
  const started = Date.now();
  const since = new Date().toISOString();
  // The webhook is answered meanwhile.
  const child = spawn(python, [flowFile, "run", ...lab], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said += part.toString()));
  const code = await new Promise<number | null>((done) => void child.on("close", done));
  const database = new Database(join(home, "prefect.db"), { readonly: true });
  const after = since.slice(0, 23).replace("T", " ").replace("Z", "");
  const tasks = database
    // A flow within a flow has a task run of its own, named after the flow.
    .prepare(
      "SELECT name, state_type AS state, run_count AS count FROM task_run WHERE created >= ? AND name NOT LIKE 'labs-lab-%'",
    )
    .all(after) as { name: string; state: string; count: number }[];
  const flows = database
    .prepare(
      "SELECT r.name, f.name AS flow, state_type AS state FROM flow_run r JOIN flow f ON f.id = r.flow_id WHERE r.created >= ?",
    )
    .all(after) as { name: string; flow: string; state: string }[];
  database.close();
  console.log(`prefect ${lab[0] ?? "all"}: ${tasks.length} tasks in ${Math.round((Date.now() - started) / 1000)} s`);
  if (tasks.length === 0) console.log(said.slice(-3000));
  return {
    ok: code === 0,
    tasks: Object.fromEntries(tasks.map(({ name, state, count }) => [name, [state, count]])),
    flows: Object.fromEntries(flows.map(({ name, flow, state }) => [flow === "labs-all" ? flow : name, state])),
  };
}

/** What came to the webhook since the last call. */
function told(): string[] {
  return workspace.posts.splice(0);
}
