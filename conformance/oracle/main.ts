/**
 * Real dbt as an oracle: a project is run by dbt and by the engine on two copies, and what they leave behind is compared.
 *
 *   npm run judge:oracle                               every project in conformance/projects
 *   npm run judge:oracle -- <name or folder> [args]    one project; args replace its steps: build --full-refresh
 *
 * Options before the project: --fresh (ask dbt again), --areas status,relation (print only these), --most 3 (examples of a kind), --keep (leave the copies).
 * The last line is `N passed, M failed`.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { cachedOutcomes } from "./cache.ts";
import { compare } from "./compare.ts";
import { readCheck } from "./project.ts";
import { printDifferences } from "./print.ts";
import { runSide, type Outcome } from "./side.ts";

const projects = join(import.meta.dirname, "../projects");
const own = process.argv.slice(2);
const options = { fresh: false, keep: false, areas: undefined as string[] | undefined, threads: [4, 1], most: 3 };
while (own[0]?.startsWith("--")) {
  const option = own.shift();
  if (option === "--fresh") options.fresh = true;
  else if (option === "--keep") options.keep = true;
  else if (option === "--areas") options.areas = own.shift()?.split(",");
  else if (option === "--threads") options.threads = (own.shift() ?? "4").split(",").map(Number);
  else if (option === "--most") options.most = Number(own.shift());
  else {
    console.error(
      `Unknown option ${option}. Known: --fresh, --keep, --most <examples of a kind>, --areas <list>, --threads <list>.`,
    );
    process.exit(2);
  }
}
const [name, ...args] = own;
const chosen =
  name === undefined
    ? readdirSync(projects)
        .filter((p) => existsSync(join(projects, p, "dbt_project.yml")))
        .map((p) => join(projects, p))
    : [existsSync(join(projects, name, "dbt_project.yml")) ? join(projects, name) : resolve(name)];
for (const project of chosen) {
  if (!existsSync(join(project, "dbt_project.yml"))) {
    console.error(`${project} is not a dbt project: it has no dbt_project.yml.`);
    process.exit(2);
  }
}

const work = mkdtempSync(join(tmpdir(), "oracle-"));
let passed = 0;
let failed = 0;
for (const project of chosen) {
  const check = { ...readCheck(project), ...(args.length > 0 ? { steps: [{ args }] } : {}) };
  const folder = (side: string) => join(work, basename(project), side);
  const ask = (): Promise<Outcome[]> => runSide("dbt", project, folder("dbt"), check, 4);
  const dbt = options.fresh ? await ask() : await cachedOutcomes(project, check, 4, ask);
  for (const threads of options.threads) {
    const ours = await runSide("ours", project, folder(`ours${threads}`), check, threads);
    const lines: string[] = [];
    let [good, bad, white, accepted] = [0, 0, 0, 0];
    for (const [i, outcome] of dbt.entries()) {
      const result = compare(outcome, ours[i] as Outcome, check);
      good += result.passed;
      bad += result.differences.length;
      white += result.whiteSpaceOnly.length;
      accepted += result.accepted;
      const shown = printDifferences(result.differences, options.areas, options.most);
      if (shown.length > 0) lines.push(`  after \`${outcome.args.join(" ")}\``, ...shown);
      const oddEnd =
        (ours[i] as Outcome).exit !== outcome.exit ? (ours[i] as Outcome).output.trimEnd().split("\n").slice(-12) : [];
      lines.push(...oddEnd.map((line) => `    | ${line}`));
    }
    const seconds = (outcomes: Outcome[]): string => `${outcomes.reduce((sum, o) => sum + o.seconds, 0).toFixed(1)} s`;
    console.log(
      `${basename(project)} (${threads} thread${threads === 1 ? "" : "s"}): ${good} passed, ${bad} failed${white > 0 ? `, ${white} differ in white space only` : ""}${accepted > 0 ? `, ${accepted} accepted` : ""}; dbt ${seconds(dbt)}, ours ${seconds(ours)}`,
    );
    for (const line of lines) console.log(line);
    passed += good;
    failed += bad;
  }
}
if (options.keep) console.log(`The copies are in ${work}`);
else rmSync(work, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
