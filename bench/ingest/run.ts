/**
 * `npm run bench -- ingest`: whole processes that load the same CSV files with the same types, in turn: `labs ingest` with
 * all it does, a script that sends one bare CREATE TABLE AS, and dlt where the Python of DLT_PYTHON has it.
 * `--rows 10000000`, `--files 1000`, `--unchanged 10000`, `--rounds 3`. Writes its part of bench/RESULTS.md when nothing is given.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { once, type Sample, sideBySide } from "../measure.ts";
import { writePart } from "../results.ts";
import { columns, writeMany, writeRows } from "./files.ts";

const root = join(import.meta.dirname, "..", "..");
const labs = [process.execPath, join(root, "dist", "labs.js")];

/** Runs the measurement with the words after `ingest`. */
export async function ingest(words: string[]): Promise<void> {
  const option = (name: string, usual: number): number =>
    Number(words[words.indexOf(name) + 1 || words.length] ?? usual);
  const [rows, files, unchanged, rounds] = [
    option("--rows", 10_000_000),
    option("--files", 1_000),
    option("--unchanged", 10_000),
    option("--rounds", 3),
  ];
  const folder = mkdtempSync(join(tmpdir(), "labs-ingest-bench-"));
  const dlt = dltPython();
  const lines = [
    "# Loading CSV files",
    "",
    `Written by \`npm run bench -- ingest\` on ${availableParallelism()} cores: Node ${process.versions.node}${dlt ? `, dlt ${dlt.version}` : ", without dlt"}.`,
    "Whole processes from an empty database. `labs ingest` takes the file's hash, checks contract and balance, keeps what does not fit and writes the ledger; the bare statement is `CREATE TABLE AS SELECT * FROM read_csv(…)` with the same types.",
    "",
  ];
  try {
    const big = lab(folder, "big");
    await writeRows(join(big.raw, "sales.csv"), rows);
    lines.push(...compare(`${rows.toLocaleString("en")} rows × 10 columns in one file`, big, "sales.csv", dlt, rounds));
    const small = lab(folder, "small");
    writeMany(small.raw, files, 200);
    lines.push(...compare(`${files.toLocaleString("en")} files of 200 rows`, small, "sales_*.csv", dlt, rounds));
    const still = lab(folder, "still");
    writeMany(still.raw, unchanged, 2);
    once(still.ingest);
    const empty = lab(folder, "empty");
    writeMany(empty.raw, 1, 2);
    once(empty.ingest);
    const looks = sideBySide(
      { "one file": () => once(empty.ingest), [`${unchanged.toLocaleString("en")} files`]: () => once(still.ingest) },
      rounds * 2,
    );
    lines.push(...table("`labs ingest` of a folder in which nothing has changed", looks));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = lines.join("\n");
  if (words.length === 0) writePart("ingest", text);
  process.stdout.write(`${text}\n`);
}

interface BenchLab {
  root: string;
  raw: string;
  database: string;
  ingest: string[];
}

function lab(folder: string, name: string): BenchLab {
  const workspace = join(folder, name);
  const raw = join(workspace, "shop", "data", "raw");
  mkdirSync(raw, { recursive: true });
  mkdirSync(join(workspace, "shared", "config"), { recursive: true });
  writeFileSync(join(workspace, "shared", "config", "labs_config.yaml"), "labs:\n  shop:\n    path: shop\n");
  const declared = Object.entries(columns).map(([column, type]) => `      ${column}: ${type}\n`);
  writeFileSync(
    join(workspace, "shop", "lab.yml"),
    `sources:\n  - name: sales\n    path: "sales*.csv"\n    settle: 0 ms\n    columns:\n${declared.join("")}`,
  );
  const database = join(workspace, "shop", "data", "shop.duckdb");
  return { root: workspace, raw, database, ingest: [...labs, "ingest", "shop", "--quiet", "--workspace", workspace] };
}

function compare(
  title: string,
  { root: workspace, raw, database, ingest: command }: BenchLab,
  pattern: string,
  dlt: Dlt | undefined,
  rounds: number,
): string[] {
  const bare = join(workspace, "bare.mjs");
  const target = join(workspace, "bare.duckdb");
  const types = Object.entries(columns).map(([name, type]) => `'${name}': '${type}'`);
  writeFileSync(
    bare,
    `import { createRequire } from "node:module";
const { DuckDBInstance } = createRequire(${JSON.stringify(join(root, "package.json"))})("@duckdb/node-api");
const instance = await DuckDBInstance.create(${JSON.stringify(target)});
const connection = await instance.connect();
await connection.run(${JSON.stringify(
      `CREATE TABLE sales AS SELECT * FROM read_csv('${join(raw, pattern)}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${types.join(", ")}})`,
    )});
connection.closeSync();
instance.closeSync();
`,
  );
  const clean = (...paths: string[]) => {
    for (const path of paths)
      for (const end of ["", ".wal", ".dlt"]) rmSync(path + end, { recursive: true, force: true });
  };
  const theirs = join(workspace, "dlt.duckdb");
  const samples = sideBySide(
    {
      "bare statement": () => {
        clean(target);
        return once([process.execPath, bare]);
      },
      "`labs ingest`": () => {
        clean(database, join(workspace, ".labs"));
        return once(command);
      },
      ...(dlt && {
        dlt: () => {
          clean(theirs);
          return once([dlt.python, join(import.meta.dirname, "dlt_load.py"), raw, pattern, theirs], { cwd: workspace });
        },
      }),
    },
    rounds,
  );
  clean(target, database, theirs);
  return table(title, samples);
}

function table(title: string, samples: Record<string, Sample>): string[] {
  const [first] = Object.values(samples);
  return [
    `## ${title}`,
    "",
    "| | wall, s | CPU, s | wall against the first |",
    "|---|---:|---:|---:|",
    ...Object.entries(samples).map(
      ([name, { wall, cpu }]) =>
        `| ${name} | ${wall.toFixed(3)} | ${cpu.toFixed(3)} | ${(wall / (first?.wall ?? 1)).toFixed(2)} |`,
    ),
    "",
  ];
}

interface Dlt {
  python: string;
  version: string;
}

/** The Python that has dlt, when there is one: `DLT_PYTHON`, else python3. */
function dltPython(): Dlt | undefined {
  const python = process.env["DLT_PYTHON"] ?? "python3";
  const { status, stdout } = spawnSync(python, ["-c", "import dlt, pyarrow; print(dlt.__version__)"], {
    encoding: "utf8",
  });
  return status === 0 ? { python, version: stdout.trim() } : undefined;
}
