/**
 * `npm run bench -- ingest`: whole processes that load the same CSV files with the same types, in turn: `labs ingest` with
 * all it does, a script that sends one bare CREATE TABLE AS, and dlt; and the same local API by `labs ingest` and dlt.
 * `--rows 10000000`, `--files 1000`, `--unchanged 10000`, `--records 100000`, `--rounds 3`; `--dlt-rows 1000000`: dlt gets a
 * smaller file, beside which labs is measured again. Writes its part of bench/RESULTS.md; `--print` only prints it.
 */
import { spawn } from "node:child_process";
import { once as event } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { once, type Sample, sideBySide } from "../measure.ts";
import { writePart } from "../results.ts";
import { dltPython, dltVersion } from "./dlt-python.ts";
import { columns, writeMany, writeRows } from "./files.ts";

const root = join(import.meta.dirname, "..", "..");
const labs = [process.execPath, join(root, "dist", "labs.js")];

/** Runs the measurement with the words after `ingest`. */
export async function ingest(words: string[]): Promise<void> {
  const option = (name: string, usual: number): number =>
    Number(words[words.indexOf(name) + 1 || words.length] ?? usual);
  const rows = option("--rows", 10_000_000);
  const dltRows = Math.min(rows, option("--dlt-rows", 1_000_000));
  const files = option("--files", 1_000);
  const unchanged = option("--unchanged", 10_000);
  const records = option("--records", 100_000);
  const rounds = option("--rounds", 3);
  const folder = mkdtempSync(join(tmpdir(), "labs-ingest-bench-"));
  const dlt = dltPython();
  const before = loadavg()[0] ?? 0;
  const lines: string[] = [];
  const count = (n: number) => n.toLocaleString("en");
  try {
    const big = lab(folder, "big");
    await writeRows(join(big.raw, "sales.csv"), rows);
    lines.push(...compare(`${count(rows)} rows × 10 columns in one file`, big, "sales.csv", undefined, rounds));
    if (dltRows < rows) await writeRows(join(big.raw, "sales.csv"), dltRows);
    lines.push(
      ...compare(`${count(dltRows)} rows × 10 columns in one file, beside dlt`, big, "sales.csv", dlt, rounds),
    );
    rmSync(big.root, { recursive: true, force: true });
    const small = lab(folder, "small");
    writeMany(small.raw, files, 200);
    lines.push(...compare(`${count(files)} files of 200 rows`, small, "sales_*.csv", dlt, rounds));
    lines.push(...(await compareApi(folder, records, dlt, rounds)));
    const still = lab(folder, "still");
    writeMany(still.raw, unchanged, 2);
    once(still.ingest);
    const empty = lab(folder, "empty");
    writeMany(empty.raw, 1, 2);
    once(empty.ingest);
    const looks = sideBySide(
      { "one file": () => once(empty.ingest), [`${count(unchanged)} files`]: () => once(still.ingest) },
      rounds * 2,
    );
    lines.push(...table("`labs ingest` of a folder in which nothing has changed", looks));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const busy = Math.max(before, loadavg()[0] ?? 0);
  const head = [
    "# Loading files and APIs",
    "",
    `Written by \`npm run bench -- ingest\` on ${availableParallelism()} cores: Node ${process.versions.node}, dlt ${dltVersion}. ${rounds > 1 ? `Medians of ${rounds}` : "One round each"}.`,
    "Whole processes from an empty database. `labs ingest` takes the file's hash, checks contract and balance, keeps what does not fit and writes the ledger; the bare statement is `CREATE TABLE AS SELECT * FROM read_csv(…)` with the same types.",
    ...(busy > availableParallelism() * 1.5
      ? [
          `Other programs shared the machine (load average up to ${busy.toFixed(0)}): the CPU times tell more than the wall times.`,
        ]
      : []),
    "",
  ];
  const text = [...head, ...lines].join("\n");
  if (!words.includes("--print")) writePart("ingest", text);
  process.stdout.write(`${text}\n`);
}

/** An API that serves the same pages to both, in a process of its own. */
async function compareApi(folder: string, records: number, dlt: string, rounds: number): Promise<string[]> {
  const server = spawn(process.execPath, [join(import.meta.dirname, "api-server.ts"), String(records)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [said] = (await event(server.stdout, "data")) as [Buffer];
    const url = said.toString().trim();
    const { root: workspace, database, ingest } = lab(folder, "api");
    writeFileSync(
      join(workspace, "shop", "lab.yml"),
      `contracts: manual\nsources:\n  - name: sales\n    key: id\n    api: {url: "${url}/sales", records: data, keep_raw: false, pagination: {type: cursor, cursor: next, size: 1000, size_param: size}}\n`,
    );
    const theirs = join(workspace, "dlt.duckdb");
    const samples = sideBySide(
      {
        "`labs ingest`": () => {
          clean(database, join(workspace, ".labs"));
          return once(ingest);
        },
        dlt: () => {
          clean(theirs);
          return once([dlt, join(import.meta.dirname, "dlt_api.py"), url, theirs], { cwd: workspace });
        },
      },
      rounds,
    );
    return table(
      `${records.toLocaleString("en")} records of 8 fields from an API on this machine, 1,000 a page`,
      samples,
    );
  } finally {
    server.kill();
  }
}

/** Removes databases with what lies beside them. */
function clean(...paths: string[]): void {
  for (const path of paths)
    for (const end of ["", ".wal", ".journal", ".dlt"]) rmSync(path + end, { recursive: true, force: true });
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
  dlt: string | undefined,
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
          return once([dlt, join(import.meta.dirname, "dlt_load.py"), raw, pattern, theirs], { cwd: workspace });
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
    "| | wall, s | CPU, s | wall against the first | CPU against the first |",
    "|---|---:|---:|---:|---:|",
    ...Object.entries(samples).map(
      ([name, { wall, cpu }]) =>
        `| ${name} | ${wall.toFixed(3)} | ${cpu.toFixed(3)} | ${(wall / (first?.wall ?? 1)).toFixed(2)} | ${(cpu / (first?.cpu ?? 1)).toFixed(2)} |`,
    ),
    "",
  ];
}
