/**
 * Public projects against what real dbt did with them.
 *
 *   npm run judge:corpus -- <folder with the repositories> [--only a,b] [--live] [--write]
 *
 * The folder holds checkouts as `owner+name`, `owner/name` or `name`; missing ones are left out and said so.
 * Expectations are the goldens in ../shared/conformance/golden (or LABS_GOLDEN); with --live dbt itself runs beside.
 * --write puts the table into conformance/RESULTS.md. The last line is `N passed, M failed`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { absentOf, assemble, checkout } from "./assemble.ts";
import { cachedOutcomes } from "./cache.ts";
import { compare } from "./compare.ts";
import { corpus } from "./corpus-list.ts";
import { compareWithGolden, readGolden } from "./golden.ts";
import { repository } from "./judge.ts";
import { printDifferences } from "./print.ts";
import { writeTable, type Row } from "./report.ts";
import { runSide, type Outcome } from "./side.ts";

const [given, ...rest] = process.argv.slice(2);
if (given === undefined) {
  console.error("Say where the repositories are: npm run judge:corpus -- <folder>");
  process.exit(2);
}
const folder = resolve(given);
const only = rest.includes("--only") ? (rest[rest.indexOf("--only") + 1] ?? "").split(",") : undefined;
const areas = rest.includes("--areas") ? (rest[rest.indexOf("--areas") + 1] ?? "").split(",") : undefined;
const most = rest.includes("--most") ? Number(rest[rest.indexOf("--most") + 1]) : 3;
const live = rest.includes("--live");
const goldens = process.env["LABS_GOLDEN"] ?? join(repository, "../shared/conformance/golden");
const work = mkdtempSync(join(tmpdir(), "corpus-"));
const rows: Row[] = [];

for (const entry of corpus.filter((e) => !only || only.includes(e.name))) {
  const root = checkout(folder, entry.repository);
  const absent = absentOf(folder, entry);
  if (!root || absent.length > 0) {
    console.log(`${entry.name}: left out, ${absent.join(" and ")} not found`);
    rows.push({
      name: entry.name,
      repository: entry.repository,
      commit: entry.commit,
      expected: entry.expected,
      passed: 0,
      failed: 0,
      note: "not there",
    });
    continue;
  }
  const project = assemble(entry, folder, join(work, entry.name, "source"));
  const ours = await runSide("ours", project, join(work, entry.name, "ours"), entry.check, 4);
  let [passed, failed, notes] = [0, 0, entry.note === "" ? [] : [entry.note]];
  const lines: string[] = [];
  const golden = readGolden(goldens, entry.name);
  if (golden) {
    const result = compareWithGolden(golden, ours, {
      ...entry.check,
      volatile: { ...entry.check.volatile, ...entry.named },
    });
    passed += result.passed;
    failed += result.differences.length;
    lines.push(...printDifferences(result.differences, areas, most));
  } else notes.push("no golden");
  if (live) {
    const ask = (): Promise<Outcome[]> => runSide("dbt", project, join(work, entry.name, "dbt"), entry.check, 4);
    const dbt = await cachedOutcomes(project, entry.check, 4, ask);
    for (const [i, outcome] of dbt.entries()) {
      const result = compare(outcome, ours[i] as Outcome, entry.check);
      passed += result.passed;
      failed += result.differences.length;
      const shown = printDifferences(result.differences, areas, most);
      if (shown.length > 0) lines.push(`  live, after \`${outcome.args.join(" ")}\``, ...shown);
    }
  }
  const unfinished = ours.find((o) => o.results === undefined);
  if (unfinished)
    lines.push(
      ...unfinished.output
        .trimEnd()
        .split("\n")
        .slice(-15)
        .map((line) => `    | ${line}`),
    );
  const seconds = ours.reduce((sum, o) => sum + o.seconds, 0);
  rows.push({
    name: entry.name,
    repository: entry.repository,
    commit: commitOf(root) ?? entry.commit,
    expected: entry.expected,
    passed,
    failed,
    note: notes.join("; "),
    seconds,
  });
  console.log(`${entry.name}: ${passed} passed, ${failed} failed; ${seconds.toFixed(1)} s`);
  for (const line of lines) console.log(line);
  rmSync(join(work, entry.name), { recursive: true, force: true });
}
rmSync(work, { recursive: true, force: true });
if (rest.includes("--write")) writeTable(join(repository, "conformance/RESULTS.md"), rows, live);
const sum = (key: "passed" | "failed"): number => rows.reduce((total, row) => total + row[key], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") > 0 ? 1 : 0;

/** The commit of a checkout: git's, or the file `.commit` of an exported tree. */
function commitOf(root: string): string | undefined {
  if (existsSync(join(root, ".commit"))) return readFileSync(join(root, ".commit"), "utf8").trim().slice(0, 7);
  if (!existsSync(join(root, ".git"))) return undefined;
  return execFileSync("git", ["-C", root, "rev-parse", "--short=7", "HEAD"], { encoding: "utf8" }).trim();
}
