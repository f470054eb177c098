import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { judgePython, repository } from "./judge.ts";
import { applyOverlay, copyProject, type Check, type Copy } from "./project.ts";
import { fingerprint, type Fingerprints } from "./relations.ts";

/** What one command left behind. */
export interface Outcome {
  args: string[];
  exit: number | null;
  output: string;
  seconds: number;
  manifest?: any;
  results?: any;
  sources?: any;
  catalog?: any;
  relations: Fingerprints;
}

export type SideName = "dbt" | "ours";

/** Runs all steps of a check on a fresh copy of the project and reads the database after each. */
export async function runSide(
  side: SideName,
  project: string,
  folder: string,
  check: Check,
  threads: number,
  timeout = 1_800_000,
): Promise<Outcome[]> {
  const copy = copyProject(project, folder, check, threads);
  if (check.setup) await setUp(copy, check.setup);
  const outcomes: Outcome[] = [];
  for (const step of check.steps) {
    applyOverlay(project, copy, step);
    for (const name of artifacts) rmSync(join(copy.project, "target", name), { force: true });
    const env = {
      // Python models of both sides find the same packages.
      LABS_PYTHON: judgePython(),
      ...check.env,
      ...step.env,
      ...Object.fromEntries((check.folderEnv ?? []).map((name) => [name, copy.databases])),
    };
    const started = performance.now();
    const { exit, output } = await run(
      commandOf(side),
      [...step.args, "--profiles-dir", copy.profiles],
      copy,
      env,
      timeout,
    );
    const read = (name: string): unknown => {
      const path = join(copy.project, "target", name);
      return existsSync(path)
        ? JSON.parse(readFileSync(path, "utf8").replaceAll(dirname(copy.profiles), "{copy}"))
        : undefined;
    };
    outcomes.push({
      args: step.args,
      exit,
      output: output.replaceAll(dirname(copy.profiles), "{copy}"),
      seconds: (performance.now() - started) / 1000,
      manifest: read("manifest.json"),
      results: read("run_results.json"),
      sources: read("sources.json"),
      catalog: read("catalog.json"),
      relations: await fingerprint(
        [copy.database, ...(check.databases ?? []).map((name) => join(copy.databases, name))],
        copy.project,
      ),
    });
  }
  return outcomes;
}

const artifacts = ["manifest.json", "run_results.json", "sources.json", "catalog.json"];

/** LABS_CLI names another entry file of ours, such as the built dist/labs.js. */
const commandOf = (side: SideName): string[] => {
  if (side === "dbt") return [join(dirname(judgePython()), "dbt"), "--no-use-colors"];
  return [process.execPath, process.env["LABS_CLI"] ?? join(repository, "src/cli/main.ts"), "dbt", "--no-use-colors"];
};

/** Both sides get the same small environment: a proxy or a flag of the caller must not decide a comparison. */
function run(
  command: string[],
  args: string[],
  copy: Copy,
  env: Record<string, string>,
  timeout: number,
): Promise<{ exit: number | null; output: string }> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(DBT_|LABS_|NODE_OPTIONS$|VITEST)/.test(name));
  return new Promise((resolve, reject) => {
    const child = spawn(command[0] as string, [...command.slice(1), ...args], {
      cwd: copy.project,
      env: {
        ...Object.fromEntries(kept),
        TZ: "UTC",
        DBT_SEND_ANONYMOUS_USAGE_STATS: "false",
        LABS_PARTIAL_PARSE: "sources",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (exit) => resolve({ exit, output }));
  });
}

async function setUp(copy: Copy, statements: string[]): Promise<void> {
  const { openDatabase } = await import("../../src/duck/index.ts");
  const database = await openDatabase(copy.database, { config: { file_search_path: copy.project } });
  const connection = await database.connect();
  for (const statement of statements) await connection.run(statement);
  await connection.run("CHECKPOINT");
  await database.close();
}
