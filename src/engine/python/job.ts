import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromPlain, str } from "#jinja/index.ts";
import type { LabsError } from "#errors/index.ts";
import type { Target } from "../1-read/types.ts";
import { adapterError } from "../adapter/errors.ts";
import { secretStatements } from "../adapter/secrets.ts";
import type { AdapterSession } from "../adapter/session.ts";
import { inexactTypes, readTable, writeTable, type Column, type InputTable } from "./exchange.ts";
import { findPython } from "./find-python.ts";
import { runProcess } from "./process.ts";
import { runnerSource } from "./runner.ts";

/** One Python model, compiled: the project's code with `dbtObj` and `materialize` below it. */
export interface PythonJob {
  code: string;
  /** The model's name for Python's messages. */
  name: string;
  /** Its file, relative to the project's folder. */
  path: string;
  /** Lines of that file above the code, and those up to the end of the project's own part. */
  above: number;
  lines: number;
  /** Relations the model may read, as they stand in its code. */
  tables: string[];
  target: Target;
  projectDir: string;
  env: NodeJS.ProcessEnv;
  /** A line that the model printed, on either stream. */
  onLine(line: string): void;
}

/** What the child process leaves behind. */
type Outcome =
  | { frames: { name: string; file: string; columns: Column[] }[]; statements: string[] }
  | { error: string; line?: number; column?: number };

/**
 * Runs a Python model in a process of its own and creates its table on `session`. The database stays with this process: what
 * the model reads goes to it in files, the data frame comes back in one, and the statements that `materialize` sent are
 * executed here. Errors: DBA-010 when the session is cancelled, DBA-015 without a Python, DBA-016 when the model fails.
 * Source of the behaviour: dbt-duckdb environments/__init__.py run_python_job.
 */
export async function runPythonJob(session: AdapterSession, job: PythonJob): Promise<void> {
  const python = await findPython(job.env);
  const folder = mkdtempSync(join(tmpdir(), "labs-python-"));
  try {
    const tables: InputTable[] = [];
    for (const [i, text] of [...new Set(job.tables)].entries())
      tables.push(await writeTable(session, text, folder, `table_${i}.parquet`));
    const outcome = await inProcess(python, folder, session.signal, job, tables);
    if ("error" in outcome) throw failed(outcome, job);
    for (const { name, file, columns } of outcome.frames)
      await session.execute(`create or replace temp view "${name}" as ${readTable(folder, file, columns)}`);
    for (const statement of outcome.statements) await session.execute(statement);
    for (const { name } of outcome.frames) await session.execute(`drop view "${name}"`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inProcess(
  python: string,
  folder: string,
  signal: AbortSignal,
  job: PythonJob,
  tables: InputTable[],
): Promise<Outcome> {
  const { code, name, path, above, lines, target, projectDir, env, onLine } = job;
  const texts = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, str(fromPlain(value))]));
  const paths = target.raw.module_paths;
  const description = {
    name,
    path,
    above,
    lines,
    tables,
    inexact: inexactTypes,
    project: projectDir,
    database: target.database,
    settings: texts(target.settings),
    secrets: secretStatements(target),
    config: texts(target.configOptions),
    extensions: target.extensions.map((e) => (typeof e === "string" ? e : String(e.name))),
    module_paths: Array.isArray(paths) ? paths.map(String) : [],
  };
  writeFileSync(join(folder, "job.json"), JSON.stringify(description));
  writeFileSync(join(folder, "model.py"), code);
  writeFileSync(join(folder, "runner.py"), runnerSource);
  const options = { cwd: projectDir, env: { ...env, PYTHONIOENCODING: "utf-8" }, signal, onLine };
  const ended = await runProcess(python, ["-u", join(folder, "runner.py"), folder], folder, options).catch((error) => {
    throw adapterError("python", { message: `${python} cannot be started: ${String(error)}`, cause: error });
  });
  if (signal.aborted) throw signal.reason;
  try {
    return JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as Outcome;
  } catch {
    const how = ended.signal ? `was ended by ${ended.signal}` : `ended with exit code ${ended.code}`;
    const why = ended.signal === "SIGKILL" ? " The system does this when memory runs out." : "";
    return { error: `Its process ${how} before the model was done.${why}` };
  }
}

function failed(outcome: { error: string; line?: number; column?: number }, job: PythonJob): LabsError {
  const { error, line, column } = outcome;
  const missing = /^ModuleNotFoundError: No module named '([\w.]+)'/m.exec(error)?.[1];
  const hint =
    missing !== undefined
      ? `Install the module ${missing} for the Python that runs the models, or name another one in LABS_PYTHON.`
      : /^_?duckdb\.\S*CatalogException/m.test(error)
        ? "A Python model sees what it names with dbt.ref, dbt.source and dbt.this."
        : /attached in read-only mode/.test(error)
          ? "A model's session reads the database; return the rows that are to be kept, or use a temporary table."
          : error.startsWith("Traceback")
            ? "Correct the model's code; the last line of its file in the traceback is where it failed."
            : "Give the model less data at a time, or find what ended its process.";
  return adapterError("pythonModel", {
    message: `Python model failed:\n${error}`,
    place: { file: job.path, ...(line ? { line, column: column ?? 1 } : {}) },
    hint,
  });
}
