import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ledger, openLedger } from "#ledger/index.ts";
import { equalLabs, labNames } from "../../conformance/orchestrate/equal-labs.ts";
import { median, once as command } from "../measure.ts";
import { writePart } from "../results.ts";
import { hold, load } from "./clients.ts";

const labs = [process.execPath, join(import.meta.dirname, "..", "..", "dist", "labs.js")] as const;
const labCount = 100;
const runCount = 10_000;
const streams = 200;
const eventsPerSecond = 50;
const seconds = 10;

/** A workspace whose labs have published, with a long history. */
async function workspace(folder: string): Promise<void> {
  equalLabs(folder, labCount, 'schedule:\n  cron: "0 5 * * *"\n');
  command([...labs, "run", "--all", "--quiet", "--workspace", folder]);
  const ledger = await openLedger(join(folder, ".labs", "ledger.db"));
  const names = labNames(labCount);
  for (let i = labCount; i < runCount; i++) {
    const lab = names[i % labCount] ?? "";
    const run = await ledger.startRun({ lab, trigger: "schedule", command: `labs run ${lab}` });
    for (const step of ["check", "load", "transform", "inspect", "publish"]) run.step(step).finish("ok");
    const parts = { parts: [{ dimension: "completeness", points: 30, max: 30, causes: [] }], notCounted: [] };
    for (const name of ["bronze.lines", "gold.totals", "silver.by_product"])
      run.score({ scope: "table", name, score: 90 + (i % 10), rows: 2_000 + i, parts });
    run.score({ scope: "lab", name: lab, score: 90 + (i % 10), parts });
    const summary = { rowsLoaded: i, files: 1, tests: { passed: 9, warned: 0, failed: 0 }, message: "4 models built." };
    await run.finish(i % 50 === 0 ? "failed" : "ok", summary);
  }
  await ledger.close();
}

async function serve(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(labs[0], [labs[1], "serve", "-o", "json", "--port", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const url = await new Promise<string>((resolve) =>
    child.stdout.on("data", (chunk: Buffer) => {
      text = (text + String(chunk)).slice(-10_000);
      const found = /"type":"ui","url":"([^"]+)"/.exec(text)?.[1];
      if (found) resolve(found);
    }),
  );
  return { child, url };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function milliseconds(url: string): Promise<number> {
  const began = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return performance.now() - began;
}

/** User and system time of a process so far, in seconds. */
function cpu(pid: number | undefined): number {
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const fields = rest.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Changes labs' states so often a second, as other processes would. */
async function change(ledger: Ledger, perSecond: number, forSeconds: number): Promise<void> {
  const names = labNames(labCount);
  const began = performance.now();
  for (let i = 0; i < perSecond * forSeconds; i++) {
    const lab = names[i % labCount] ?? "";
    if (Math.floor(i / labCount) % 2 === 0) await ledger.jobs.pause(lab, "bench", null, new Date());
    else await ledger.jobs.resume(lab);
    await sleep(Math.max(0, began + ((i + 1) * 1000) / perSecond - performance.now()));
  }
}

/** `npm run bench -- server`: the API of `labs serve` with a hundred labs and ten thousand runs. */
export async function server(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "labs-bench-"));
  try {
    await workspace(root);
    const first: number[] = [];
    const ready: number[] = [];
    for (let i = 0; i < 5; i++) {
      const began = performance.now();
      const { child, url } = await serve(root);
      ready.push(performance.now() - began);
      first.push(await milliseconds(`${url}/api/v1/labs`));
      await stop(child);
    }
    const { child, url } = await serve(root);
    const ledger = await openLedger(join(root, ".labs", "ledger.db"));
    await milliseconds(`${url}/api/v1/labs`);
    const changed: number[] = [];
    for (let i = 0; i < 21; i++) {
      await change(ledger, 1000, 0.001);
      changed.push(await milliseconds(`${url}/api/v1/labs`));
    }
    const lists: [string, Awaited<ReturnType<typeof load>>][] = [];
    for (const path of ["/api/v1/labs", "/api/v1/runs?limit=50", "/api/v1/jobs"])
      lists.push([path, await load(url, path, 16, seconds * 1000)]);
    const idle = cpu(child.pid);
    await sleep(seconds * 1000);
    const idleShare = (cpu(child.pid) - idle) / seconds;
    const held = await hold(url, streams);
    await sleep(1000);
    const before = { cpu: cpu(child.pid), events: held.events() };
    await change(ledger, eventsPerSecond, seconds);
    await sleep(500);
    const share = (cpu(child.pid) - before.cpu) / seconds;
    const perClient = (held.events() - before.events) / streams / seconds;
    held.close();
    await ledger.close();
    await stop(child);
    const ms = (values: number[]) => `${median(values).toFixed(0)} ms`;
    const lines = [
      `# The API with ${labCount} labs and ${runCount.toLocaleString("en")} runs`,
      "",
      `Written by \`npm run bench -- server\`: Node ${process.versions.node}, ${availableParallelism()} cores, clients on the same machine.`,
      "",
      "| | |",
      "|---|---:|",
      `| \`labs serve\`: from its start to its page's address | ${ms(ready)} |`,
      `| the labs page, first request after that | ${ms(first)} |`,
      `| the labs page after a lab's state changed | ${ms(changed)} |`,
      ...lists.map(
        ([path, { perSecond, bytes, slowest }]) =>
          `| \`GET ${path}\` (${(bytes / 1000).toFixed(0)} kB), 16 connections | ${perSecond.toFixed(0)}/s, slowest ${slowest.toFixed(0)} ms |`,
      ),
      `| the server's process with nobody there | ${(idleShare * 100).toFixed(1)} % of a core |`,
      `| ${streams} event streams, ${eventsPerSecond} changes/s by another process (${perClient.toFixed(0)} events/s a client) | ${(share * 100).toFixed(1)} % of a core |`,
    ];
    const text = lines.join("\n");
    writePart("server", text);
    process.stdout.write(`${text}\n`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
