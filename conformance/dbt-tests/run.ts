/**
 * Judges the engine by dbt's own functional tests: pytest runs the real classes, with `labs dbt` in place of dbt.
 *
 *   npm run judge:dbt-tests                                  all of dbt-tests-adapter
 *   npm run judge:dbt-tests -- -k incremental                pytest's own options
 *   npm run judge:dbt-tests -- --core <dbt-core> --duckdb <dbt-duckdb>   their tests/functional as well
 *   npm run judge:dbt-tests -- --only core --core <dbt-core>
 *
 * exclusions.txt lists what may fail, each test with its reason. The run fails when another test fails, and also when
 * an excluded one passes. Needs `npm run judge:setup`, or JUDGE_PYTHON.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { exclusionKey, readExclusions } from "./exclusions.ts";
import { type Suite, suites } from "./suites.ts";

interface Outcome {
  suite: string;
  id: string;
  outcome: "passed" | "failed" | "skipped";
  seconds: number;
  error?: string;
}

const here = import.meta.dirname;
const repository = join(here, "..", "..");

const { folders, only, pytest } = readArguments(process.argv.slice(2));
const python = process.env.JUDGE_PYTHON ?? join(repository, "conformance", ".judges", "venv", "bin", "python");
if (!existsSync(python)) {
  console.error(
    `There is no ${python}.\nRun \`npm run judge:setup\`, or set JUDGE_PYTHON to a Python that has dbt and pytest.`,
  );
  process.exit(2);
}
const command = process.env.ENGINE_COMMAND ?? builtCommand();
const chosen = suites(folders).filter(({ name }) => only === undefined || name === only);
const outcomes = chosen.flatMap((suite) => runSuite(suite));
process.exitCode = report(outcomes);

function readArguments(words: string[]) {
  const folders: { core?: string; duckdb?: string } = {};
  const pytest: string[] = [];
  let only: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--core") folders.core = words[++i] ?? "";
    else if (word === "--duckdb") folders.duckdb = words[++i] ?? "";
    else if (word === "--only") only = words[++i] ?? "";
    else pytest.push(word);
  }
  return { folders, only, pytest };
}

/** The bundle starts faster than the sources, and a test starts it many times. */
function builtCommand(): string {
  const build = spawnSync(process.execPath, [join(repository, "src", "build.ts")], {
    cwd: repository,
    stdio: "inherit",
  });
  if (build.status !== 0) process.exit(2);
  return `${process.execPath} ${join(repository, "dist", "labs.js")} dbt`;
}

function runSuite(suite: Suite): Outcome[] {
  console.log(`\n== ${suite.name}: ${suite.root}`);
  const scratch = mkdtempSync(join(tmpdir(), "dbt-tests-"));
  const lines = join(scratch, "report.jsonl");
  const parallel =
    pytest.some((word) => word.startsWith("-n")) || !hasModule("xdist") ? [] : ["-n", "2", "--dist", "loadfile"];
  const args = ["-m", "pytest", "-q", "--tb=no", "--rootdir", suite.root, "--basetemp", join(scratch, "tmp")];
  args.push("-p", "engine_plugin", "-p", "engine_report", "-p", "no:cacheprovider", "-p", "no:warnings");
  const done = spawnSync(python, [...args, ...parallel, ...suite.options, ...suite.targets, ...pytest], {
    cwd: suite.root,
    stdio: "inherit",
    env: {
      ...process.env,
      ENGINE_COMMAND: command,
      // What is kept of a parse shall stand the tests too.
      LABS_PARTIAL_PARSE: "sources",
      ENGINE_REPORT: lines,
      PYTHONPATH: [here, join(here, "adapter"), process.env.PYTHONPATH].filter(Boolean).join(delimiter),
      PYTHONDONTWRITEBYTECODE: "1",
      DBT_SEND_ANONYMOUS_USAGE_STATS: "false",
    },
  });
  // 0 and 1 are results, 5 is "nothing matched"; everything else means that pytest could not work.
  if (done.status === null || ![0, 1, 5].includes(done.status)) {
    console.error(`pytest could not run ${suite.name} (exit ${done.status ?? done.signal}).`);
    process.exit(2);
  }
  const text = existsSync(lines) ? readFileSync(lines, "utf8") : "";
  rmSync(scratch, { recursive: true, force: true });
  const byId = new Map<string, Outcome>();
  for (const line of text.split("\n").filter(Boolean)) {
    const outcome = JSON.parse(line) as Outcome;
    // A teardown that breaks turns a pass into a failure.
    if (byId.get(outcome.id)?.outcome !== "failed") byId.set(outcome.id, { ...outcome, suite: suite.name });
  }
  return [...byId.values()];
}

function hasModule(name: string): boolean {
  return spawnSync(python, ["-c", `import ${name}`]).status === 0;
}

function report(outcomes: Outcome[]): number {
  const exclusions = readExclusions();
  const reasonOf = ({ suite, id }: Outcome): string | undefined => exclusions.get(exclusionKey(suite, id));
  const failed = outcomes.filter(({ outcome }) => outcome === "failed");
  const unexpected = failed.filter((outcome) => reasonOf(outcome) === undefined);
  const stale = outcomes.filter((outcome) => outcome.outcome === "passed" && reasonOf(outcome) !== undefined);
  const byReason = new Map<string, number>();
  for (const outcome of failed) {
    const reason = reasonOf(outcome);
    if (reason !== undefined) byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
  }
  for (const { suite, id, error } of unexpected) console.log(`FAILED ${suite} ${id}\n       ${error ?? ""}`);
  for (const { suite, id } of stale) console.log(`PASSES, but is excluded: ${suite} ${id}`);
  console.log("\nExcluded, and failing as listed:");
  for (const [reason, count] of [...byReason].sort((a, b) => b[1] - a[1]))
    console.log(`  ${String(count).padStart(4)}  ${reason}`);
  for (const suite of new Set(outcomes.map((o) => o.suite))) {
    const own = outcomes.filter((o) => o.suite === suite);
    const count = (kind: Outcome["outcome"]): number => own.filter((o) => o.outcome === kind).length;
    const excluded = own.filter((o) => o.outcome === "failed" && reasonOf(o) !== undefined).length;
    console.log(
      `${suite}: ${count("passed")} passed, ${count("failed") - excluded} failed, ${excluded} excluded, ${count("skipped")} skipped`,
    );
  }
  const passed = outcomes.filter(({ outcome }) => outcome === "passed").length;
  console.log(`${passed} passed, ${unexpected.length} failed`);
  return unexpected.length + stale.length > 0 || outcomes.length === 0 ? 1 : 0;
}
