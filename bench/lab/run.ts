import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once as event } from "node:events";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultFlags, runCommand, targetForDatabase } from "#engine/index.ts";
import { once, sideBySide, type Sample } from "../measure.ts";
import { writePart } from "../results.ts";

const root = join(import.meta.dirname, "..", "..");
const labs = [process.execPath, join(root, "dist", "labs.js")];
const python = process.env.JUDGE_PYTHON ?? join(root, "conformance", ".judges", "venv", "bin", "python");
const lab = "lab1_sales_performance";
const dbt = join(python, "..", "dbt");

/** A table of results, as ratios of the first. */
function tableOf(title: string, results: Record<string, Sample>): string[] {
  const first = Object.values(results)[0]?.wall ?? 1;
  const rows = Object.entries(results).map(
    ([name, { wall, cpu }]) => `| ${name} | ${wall.toFixed(3)} | ${cpu.toFixed(3)} | ${(wall / first).toFixed(2)} |`,
  );
  return [`## ${title}`, "", "| | wall, s | CPU, s | wall against the first |", "|---|---:|---:|---:|", ...rows, ""];
}

/** A copy of the example workspace with data, loaded once: what is compared is the next run. */
function workspace(copy: string): string {
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

/** `labs serve` on a workspace, when it takes orders. */
async function served(copy: string): Promise<ChildProcess> {
  const [node = "", script = ""] = labs;
  const server = spawn(node, [script, "serve", "--quiet", "--port", "0", "--workspace", copy], { stdio: "ignore" });
  await sleep(3_000);
  return server;
}

async function labAgainstDbt(folder: string, rounds: number): Promise<string[]> {
  const ours = workspace(join(folder, "ours"));
  const again = workspace(join(folder, "again"));
  once([...labs, "run", lab, "--quiet", "--workspace", again]);
  const theirs = workspace(join(folder, "theirs"));
  const through = workspace(join(folder, "through"));
  const raw = workspace(join(folder, "raw"));
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
  const server = await served(through);
  const results = sideBySide(
    {
      "`labs run --no-changed`: every model built, tested, inspected, scored, published": () =>
        once([...labs, "run", lab, "--quiet", "--no-changed", "--workspace", ours]),
      "`labs run` again: nothing changed since the last run": () =>
        once([...labs, "run", lab, "--quiet", "--workspace", again]),
      "`labs run --no-changed` while `labs serve` runs, in a process of the server that waits (CPU of the command alone)":
        () => once([...labs, "run", lab, "--quiet", "--no-changed", "--workspace", through]),
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
  server.kill();
  await event(server, "exit");
  return tableOf(`${lab}, 10,000 rows, whole process, ${rounds} rounds`, results);
}

function startUp(folder: string, rounds: number): string[] {
  const empty = join(folder, "empty.mjs");
  writeFileSync(empty, "");
  const results = sideBySide(
    {
      "an empty Node process": () => once([process.execPath, empty]),
      "`labs --help`": () => once([...labs, "--help"]),
    },
    rounds * 2,
  );
  return tableOf("Start-up", results);
}

/** `npm run bench`: a lab's run beside dbt's, and the start of a command. `--rounds N`, 5 by default. */
export async function labRun(words: string[]): Promise<void> {
  if (!existsSync(python)) {
    process.stderr.write("The judges' Python is not there. Run `npm run judge:setup` first.\n");
    process.exit(2);
  }
  const rounds = Number(words[words.indexOf("--rounds") + 1]) || 5;
  const folder = mkdtempSync(join(tmpdir(), "labs-bench-"));
  try {
    const head = `Written by \`npm run bench\`: Node ${process.versions.node}, ${availableParallelism()} cores.`;
    const tables = [...(await labAgainstDbt(folder, rounds)), ...startUp(folder, rounds)];
    const text = [head, "", ...tables].join("\n");
    writePart("lab", text);
    process.stdout.write(`${text}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
