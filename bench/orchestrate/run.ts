import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "#ledger/index.ts";
import { median, once } from "../measure.ts";
import { writePart } from "../results.ts";

const labs = [process.execPath, join(import.meta.dirname, "..", "..", "dist", "labs.js")] as const;

/** A workspace of equal labs: one file of 2,000 rows and four models each. */
function workspace(folder: string, count: number, schedule: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const names = Array.from({ length: count }, (_, i) => `lab${String(i).padStart(3, "0")}`);
  put("shared/config/labs_config.yaml", `labs:\n${names.map((name) => `  ${name}:\n    path: ${name}\n`).join("")}`);
  const rows = Array.from({ length: 2_000 }, (_, i) => `${i},${i % 17},${(i * 7919) % 1009}\n`).join("");
  for (const name of names) {
    put(`${name}/data/raw/lines.csv`, `id,product,amount\n${rows}`);
    put(
      `${name}/lab.yml`,
      `sources:\n  - name: lines\n    path: lines*.csv\n    columns: { id: BIGINT, product: BIGINT, amount: BIGINT }\n${schedule}`,
    );
    put(`${name}/dbt/dbt_project.yml`, `name: ${name}\nversion: "1.0"\nmodels:\n  +materialized: table\n`);
    put(`${name}/dbt/models/lines.sql`, "select * from raw.lines");
    put(`${name}/dbt/models/by_product.sql`, "select product, sum(amount) as total from {{ ref('lines') }} group by 1");
    put(`${name}/dbt/models/top.sql`, "select * from {{ ref('by_product') }} order by total desc limit 3");
    put(`${name}/dbt/models/totals.sql`, "{{ config(schema='gold') }} select sum(total) as total from {{ ref('by_product') }}");
  }
}

const inMs = (seconds: number) => `${Math.round(seconds * 1000)} ms`;

/** A server in a workspace until `done` says so; gives the highest memory of its own process in megabytes. */
async function serving(folder: string, words: string[], done: () => Promise<boolean>): Promise<number> {
  const child = spawn(labs[0], [labs[1], "serve", "--quiet", ...words], { cwd: folder, stdio: "ignore" });
  try {
    do await sleep(500);
    while (!(await done()));
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } finally {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("exit", resolve));
  }
}

async function ended(folder: string) {
  const ledger = await openLedger(join(folder, ".labs", "ledger.db"), { mode: "read" });
  try {
    const jobs = await ledger.jobs.jobs({ states: ["ok", "failed"], limit: 100_000 });
    const runs = new Map((await ledger.runs({ limit: 100_000 })).map((run) => [run.id, run]));
    return jobs.map((job) => ({ job, run: runs.get(job.run ?? "") }));
  } finally {
    await ledger.close();
  }
}

/** `npm run bench -- orchestrate [labs]`: a hundred labs, how late a due run starts, and what the queue adds to it. */
export async function orchestrate(words: string[]): Promise<void> {
  const count = Number(words[0]) || 100;
  const root = mkdtempSync(join(tmpdir(), "labs-bench-"));
  const lines: string[] = [];
  try {
    const single = join(root, "single");
    workspace(single, count, "");
    const names = Array.from({ length: count }, (_, i) => `lab${String(i).padStart(3, "0")}`);
    let sequential = 0;
    for (const name of names) sequential += once([...labs, "run", name, "--quiet", "--workspace", single]).wall;
    const all = join(root, "all");
    workspace(all, count, "");
    const together = once([...labs, "run", "--all", "--quiet", "--workspace", all]).wall;

    const served = join(root, "served");
    workspace(served, count, "schedule:\n  every: 1 min\n");
    const began = Date.now();
    const memory = await serving(served, [], async () => (await ended(served)).length >= count || Date.now() - began > 600_000);
    const results = (await ended(served)).slice(0, count);
    const firstDue = Math.min(...results.map(({ job }) => Date.parse(job.dueAt)));
    const lastEnd = Math.max(...results.map(({ job }) => Date.parse(job.finishedAt ?? "")));

    const one = join(root, "one");
    workspace(one, 1, "schedule:\n  every: 2 s\n");
    const small = await serving(one, [], async () => (await ended(one)).length >= 21);
    // The first run loads and builds; those after it are what a server does all day.
    const daily = (await ended(one)).filter(({ run }) => run).reverse().slice(1);
    const late = daily.map(({ job, run }) => (Date.parse(run!.startedAt) - Date.parse(job.dueAt)) / 1000);
    const added = daily.map(({ job, run }) => (Date.parse(job.finishedAt!) - Date.parse(job.dueAt)) / 1000 - (run!.seconds ?? 0));

    lines.push(
      `# ${count} small labs on ${availableParallelism()} cores`,
      "",
      "Written by `npm run bench -- orchestrate`.",
      "",
      "| | wall, s | sequential runs ÷ this |",
      "|---|---:|---:|",
      `| ${count} times \`labs run <lab>\`, one after the other | ${sequential.toFixed(1)} | 1.00 |`,
      `| \`labs run --all\` | ${together.toFixed(1)} | ${(sequential / together).toFixed(2)} |`,
      `| \`labs serve\`, all due in the same minute, from their time to the last end | ${((lastEnd - firstDue) / 1000).toFixed(1)} | ${(sequential / ((lastEnd - firstDue) / 1000)).toFixed(2)} |`,
      "",
      `${results.filter(({ job }) => job.state === "ok").length} of ${count} served runs succeeded. A due run starts ${inMs(median(late))} after its time (median of ${late.length}; the latest ${inMs(Math.max(...late))}): its process waits for it, loaded. From the due time to the recorded end, what is not the run itself takes ${inMs(median(added))} (median).`,
      "",
      `Most memory of the server's own process: ${memory.toFixed(0)} MB with ${count} labs registered, ${small.toFixed(0)} MB with one.`,
      "",
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const text = lines.join("\n");
  process.stdout.write(`${text}\n`);
  writePart("orchestrate", text);
}
