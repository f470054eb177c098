import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishedVersions } from "../../src/publish/index.ts";
import { openRegistry } from "../../src/registry/index.ts";
import { labName, writeLab } from "./lab.ts";
import { failureOf } from "./plan.ts";
import { start } from "./processes.ts";

export interface LoadReport {
  runs: number;
  failed: number;
  published: number;
  readers: number;
  reads: number;
  opened: number;
  /** Times that exported files were read. */
  exportReads: number;
  /** Versions that at least one reader saw. */
  seen: number;
  wrong: string[];
}

/** Readers query what is published without pause while runs publish, a third of which fail the gate. */
export async function readUnderLoad(runs: number, readers: number, seed: number): Promise<LoadReport> {
  const root = mkdtempSync(join(tmpdir(), "labs-readers-"));
  const wrong: string[] = [];
  try {
    writeLab(root);
    const { database } = openRegistry(root).lab(labName).paths;
    const good = new Map<number, string>();
    let done = 0;
    let failed = 0;
    const note = (line: Record<string, unknown>) => {
      if (line["run"] === undefined) return;
      const [run, published] = [Number(line["run"]), line["published"] === true];
      done++;
      if (published) good.set(run, String(line["runId"]));
      else failed++;
      if (published === (failureOf(run, seed) !== null))
        wrong.push(`run ${run}: ${String(line["message"])} ${published ? "was" : "was not"} published`);
    };
    const publisher = async (from: number, to: number) => {
      const { code, errors } = await start("publisher.ts", [root, from, to, seed], note).ended;
      if (code !== 0) wrong.push(`the publisher ended with ${code}: ${errors.slice(-800)}`);
    };
    // Readers need something to read.
    await publisher(1, 1);
    const results: Record<string, unknown>[] = [];
    const all = Array.from({ length: readers }, (_, i) =>
      start("reader.ts", [root, database, seed, i], (line) => results.push(line)),
    );
    await publisher(2, runs);
    for (const { child } of all) child.kill("SIGTERM");
    for (const ended of await Promise.all(all.map((reader) => reader.ended)))
      if (ended.code !== 0)
        wrong.push(`a reader ended with ${ended.code ?? ended.signal}: ${ended.errors.slice(-800)}`);
    const seen = new Set<number>();
    for (const result of results) {
      wrong.push(...(result["wrong"] as string[]));
      for (const [n, runId] of result["seen"] as [number, string][]) {
        seen.add(n);
        if (good.get(n) === undefined) wrong.push(`a reader saw run ${n}, which was not published`);
        else if (good.get(n) !== runId) wrong.push(`version ${n} says it is of run ${runId}, not ${good.get(n)}`);
      }
    }
    if (results.length !== readers) wrong.push(`${results.length} of ${readers} readers told what they saw`);
    if (done !== runs) wrong.push(`${done} of ${runs} runs ended`);
    if (runs > 10 && !publishedVersions(database).some(({ kept }) => (kept ?? 0) > 0))
      wrong.push("no version took a table over from the one before");
    const newest = Math.max(...good.keys());
    const current = publishedVersions(database).find((version) => version.current);
    if (current?.runId !== good.get(newest)) wrong.push(`readers have ${current?.version}, not that of run ${newest}`);
    const total = (field: string) => results.reduce((sum, result) => sum + Number(result[field]), 0);
    return {
      runs: done,
      failed,
      published: good.size,
      readers,
      reads: total("reads"),
      opened: total("opened"),
      exportReads: total("exportReads"),
      seen: seen.size,
      wrong,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
