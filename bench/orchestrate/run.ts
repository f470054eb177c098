import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "#ledger/index.ts";
import { equalLabs, labNames } from "../../conformance/orchestrate/equal-labs.ts";
import { median, once } from "../measure.ts";
import { writePart } from "../results.ts";

const labs = [process.execPath, join(import.meta.dirname, "..", "..", "dist", "labs.js")] as const;

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
    equalLabs(single, count);
    let sequential = 0;
    for (const name of labNames(count))
      sequential += once([...labs, "run", name, "--quiet", "--workspace", single]).wall;
    const all = join(root, "all");
    equalLabs(all, count);
    const together = once([...labs, "run", "--all", "--quiet", "--workspace", all]).wall;

    const served = join(root, "served");
    equalLabs(served, count, "schedule:\n  every: 1 min\n");
    const began = Date.now();
    const memory = await serving(
      served,
      [],
      async () => (await ended(served)).length >= count || Date.now() - began > 600_000,
    );
    const results = (await ended(served)).slice(0, count);
    const firstDue = Math.min(...results.map(({ job }) => Date.parse(job.dueAt)));
    const lastEnd = Math.max(...results.map(({ job }) => Date.parse(job.finishedAt ?? "")));

    const one = join(root, "one");
    equalLabs(one, 1, "schedule:\n  every: 2 s\n");
    const small = await serving(one, [], async () => (await ended(one)).length >= 21);
    // The first run loads and builds; those after it are what a server does all day.
    const daily = (await ended(one))
      .filter(({ run }) => run)
      .reverse()
      .slice(1);
    const late = daily.map(({ job, run }) => (Date.parse(run!.startedAt) - Date.parse(job.dueAt)) / 1000);
    const added = daily.map(
      ({ job, run }) => (Date.parse(job.finishedAt!) - Date.parse(job.dueAt)) / 1000 - (run!.seconds ?? 0),
    );

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
