/**
 * The artifacts of every project in conformance/projects, read by dbt-artifacts-parser, which holds dbt's own schemas.
 *
 *   npm run judge:artifacts
 *
 * The last line is `N passed, M failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgePython } from "../oracle/judge.ts";
import { readCheck } from "../oracle/project.ts";
import { runSide } from "../oracle/side.ts";

const projects = join(import.meta.dirname, "../projects");
const work = mkdtempSync(join(tmpdir(), "artifacts-"));
const steps = [["build"], ["source", "freshness"], ["docs", "generate"]].map((args) => ({ args }));
const files: string[] = [];
for (const project of readdirSync(projects)) {
  if (!existsSync(join(projects, project, "dbt_project.yml"))) continue;
  const check = { ...readCheck(join(projects, project)), steps };
  for (const [i, outcome] of (
    await runSide("ours", join(projects, project), join(work, project), check, 4)
  ).entries()) {
    const folder = join(work, "artifacts", project, String(i));
    mkdirSync(folder, { recursive: true });
    const { manifest, results: run_results, catalog, sources } = outcome;
    for (const [name, artifact] of Object.entries({ manifest, run_results, catalog, sources })) {
      if (artifact === undefined) continue;
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(artifact));
      files.push(file);
    }
  }
}
const parsed = spawnSync(judgePython(), [join(import.meta.dirname, "parse.py"), ...files], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
  maxBuffer: 64 * 1024 * 1024,
});
const answers = parsed.stdout
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { path: string; problem: string | null });
for (const { path, problem } of answers)
  if (problem !== null) console.log(`${path.slice(work.length + "/artifacts/".length)}: ${problem}`);
const passed = answers.filter(({ problem }) => problem === null).length;
rmSync(work, { recursive: true, force: true });
console.log(`${passed} passed, ${files.length - passed} failed`);
process.exit(passed === files.length && passed > 0 ? 0 : 1);
