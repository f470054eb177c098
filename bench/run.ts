/**
 * `npm run bench`: measures side by side and writes bench/RESULTS.md. Needs the judges' Python (`npm run judge:setup`).
 * `--rounds N` (default 5). `npm run bench -- scale` measures generated projects of up to 5,000 models instead,
 * `npm run bench -- ingest` the loading of files.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defaultFlags, runCommand, targetForDatabase } from "#engine/index.ts";
import { ingest } from "./ingest/run.ts";
import { once, sideBySide, type Sample } from "./measure.ts";
import { writePart } from "./results.ts";
import { scale } from "./scale/run.ts";

if (process.argv[2] === "scale") {
  await scale(process.argv.slice(3));
  process.exit();
}
if (process.argv[2] === "ingest") {
  await ingest(process.argv.slice(3));
  process.exit();
}
if (process.argv[2] === "orchestrate") {
  const { orchestrate } = await import("./orchestrate/run.ts");
  await orchestrate(process.argv.slice(3));
  process.exit();
}
if (process.argv[2] === "airflow") {
  const { airflow } = await import("./orchestrate/airflow.ts");
  await airflow(process.argv.slice(3));
  process.exit();
}
if (process.argv[2] === "quality") {
  const { quality } = await import("./quality/run.ts");
  await quality(process.argv.slice(3));
  process.exit();
}
if (process.argv[2] === "server") {
  const { server } = await import("./server/run.ts");
  await server();
  process.exit();
}
if (process.argv[2] === "ui") {
  const { ui } = await import("./ui/run.ts");
  await ui(process.argv.slice(3));
  process.exit();
}
const root = join(import.meta.dirname, "..");
const labs = [process.execPath, join(root, "dist", "labs.js")];
const python = process.env.JUDGE_PYTHON ?? join(root, "conformance", ".judges", "venv", "bin", "python");
const rounds = Number(process.argv[process.argv.indexOf("--rounds") + 1]) || 5;
const lab = "lab1_sales_performance";

if (!existsSync(python)) {
  process.stderr.write("The judges' Python is not there. Run `npm run judge:setup` first.\n");
  process.exit(2);
}
const dbt = join(python, "..", "dbt");
const folder = mkdtempSync(join(tmpdir(), "labs-bench-"));
const lines: string[] = [];
const table = (title: string, base: string, results: Record<string, Sample>): void => {
  lines.push(`## ${title}`, "", "| | wall, s | CPU, s | wall against the first |", "|---|---:|---:|---:|");
  for (const [name, { wall, cpu }] of Object.entries(results)) {
    lines.push(
      `| ${name} | ${wall.toFixed(3)} | ${cpu.toFixed(3)} | ${(wall / (results[base]?.wall ?? 1)).toFixed(2)} |`,
    );
  }
  lines.push("");
};

/** A copy of the example workspace with data, loaded once: what is compared is the next run. */
function workspace(name: string): string {
  const copy = join(folder, name);
  cpSync(join(root, "examples", "cpg"), copy, {
    recursive: true,
    filter: (path) => !/\/(data|target|\.labs|logs)$/.test(path),
  });
  once([...labs, "demo-data", lab, "--rows", "10000", "--quiet", "--workspace", copy]);
  once([...labs, "run", lab, "--quiet", "--workspace", copy]);
  return copy;
}

/** The statements that a build of the lab sends, for a script that does nothing else. */
async function statements(copy: string): Promise<string[]> {
  const projectDir = join(copy, lab, "dbt");
  const target = targetForDatabase({
    projectDir,
    database: join(copy, lab, "data", `${lab}.duckdb`),
    profilesDirs: [],
    fallbackName: lab,
    threads: 1,
  });
  const sent: string[] = [];
  await runCommand(defaultFlags("build", projectDir, { threads: 1 }), {
    target,
    sink: (e) => e.type === "sql" && sent.push(e.sql),
  });
  return sent;
}

async function labAgainstDbt(): Promise<void> {
  const ours = workspace("ours");
  const again = workspace("again");
  once([...labs, "run", lab, "--quiet", "--workspace", again]);
  const theirs = workspace("theirs");
  const raw = workspace("raw");
  const profiles = join(folder, "profiles");
  mkdirSync(profiles);
  const database = join(theirs, lab, "data", `${lab}.duckdb`);
  writeFileSync(
    join(profiles, "profiles.yml"),
    `${lab}:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: ${database}, threads: 4}\n`,
  );
  const sql = await statements(raw);
  const script = join(folder, "raw.mjs");
  writeFileSync(join(folder, "raw.json"), JSON.stringify(sql));
  writeFileSync(
    script,
    `import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const { DuckDBInstance } = createRequire(${JSON.stringify(join(root, "package.json"))})("@duckdb/node-api");
process.chdir(${JSON.stringify(join(raw, lab, "dbt"))});
const instance = await DuckDBInstance.create(${JSON.stringify(join(raw, lab, "data", `${lab}.duckdb`))});
const connection = await instance.connect();
for (const sql of JSON.parse(readFileSync(${JSON.stringify(join(folder, "raw.json"))}, "utf8"))) await connection.run(sql);
connection.closeSync();
instance.closeSync();
`,
  );
  const results = sideBySide(
    {
      "`labs run --no-changed`: every model built, tested, inspected, scored, published": () =>
        once([...labs, "run", lab, "--quiet", "--no-changed", "--workspace", ours]),
      "`labs run` again: nothing changed since the last run": () =>
        once([...labs, "run", lab, "--quiet", "--workspace", again]),
      "`dbt build` (dbt-core + dbt-duckdb)": () =>
        once(
          [
            dbt,
            "--no-send-anonymous-usage-stats",
            "build",
            "--profiles-dir",
            profiles,
            "--project-dir",
            join(theirs, lab, "dbt"),
            "--profile",
            lab,
          ],
          { cwd: join(theirs, lab, "dbt") },
        ),
      "the same statements sent by a 10-line script": () => once([process.execPath, script]),
    },
    rounds,
  );
  table(
    `${lab}, 10,000 rows, whole process, ${rounds} rounds`,
    "`labs run --no-changed`: every model built, tested, inspected, scored, published",
    results,
  );
}

function startUp(): void {
  const empty = join(folder, "empty.mjs");
  writeFileSync(empty, "");
  const results = sideBySide(
    {
      "an empty Node process": () => once([process.execPath, empty]),
      "`labs --help`": () => once([...labs, "--help"]),
    },
    rounds * 2,
  );
  table("Start-up", "an empty Node process", results);
}

try {
  await labAgainstDbt();
  startUp();
  const head = `Written by \`npm run bench\`: Node ${process.versions.node}, ${availableParallelism()} cores.`;
  const text = [head, "", ...lines].join("\n");
  writePart("lab", text);
  process.stdout.write(`${text}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
