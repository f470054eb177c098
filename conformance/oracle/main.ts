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
import { judgeProject } from "./judge-project.ts";
import { readCheck } from "./project.ts";

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
  const tally = await judgeProject(project, check, join(work, basename(project)), options);
  passed += tally.passed;
  failed += tally.failed;
}
if (options.keep) console.log(`The copies are in ${work}`);
else rmSync(work, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
