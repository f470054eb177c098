/**
 * Random projects, run by dbt and by the engine: the same comparison as `judge:oracle`.
 *
 *   npm run judge:project-fuzz -- --count 6 --seed 1 [--threads 4] [--keep]
 *
 * The last line is `N passed, M failed`; a project that differs stays in the folder that is named.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seeded } from "../selection/random.ts";
import { generateProject } from "./generate-project.ts";
import { judgeProject } from "./judge-project.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
    threads: { type: "string", default: "4" },
    keep: { type: "boolean", default: false },
  },
});
const work = mkdtempSync(join(tmpdir(), "project-fuzz-"));
const first = Number(values.seed);
console.log(`seed ${first}: ${values.count} projects`);
let passed = 0;
let failed = 0;
for (let seed = first; seed < first + Number(values.count); seed++) {
  const project = join(work, `project-${seed}`);
  mkdirSync(project);
  const check = generateProject(seeded(seed), project);
  const options = { fresh: true, threads: values.threads.split(",").map(Number), areas: undefined, most: 2 };
  const tally = await judgeProject(project, check, join(work, `run-${seed}`), options);
  passed += tally.passed;
  failed += tally.failed;
  rmSync(join(work, `run-${seed}`), { recursive: true, force: true });
  if (tally.failed > 0) console.log(`  its files: ${project}; again: --count 1 --seed ${seed}`);
  else if (!values.keep) rmSync(project, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
