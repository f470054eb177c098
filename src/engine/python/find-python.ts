import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { adapterError } from "../adapter/errors.ts";

const windows = process.platform === "win32";

/** Where a Python is looked for, in this order; the first that has the package duckdb is taken. */
function candidates(env: NodeJS.ProcessEnv): { from: string; file: string }[] {
  const found: { from: string; file: string }[] = [];
  // Who names one wants no other.
  if (env.LABS_PYTHON) return [{ from: "LABS_PYTHON", file: env.LABS_PYTHON }];
  if (env.VIRTUAL_ENV)
    found.push({ from: "VIRTUAL_ENV", file: join(env.VIRTUAL_ENV, windows ? "Scripts/python.exe" : "bin/python") });
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of windows ? ["python.exe"] : ["python3", "python"]) {
    const folder = folders.find((f) => isProgram(join(f, name)));
    if (folder !== undefined) found.push({ from: "PATH", file: join(folder, name) });
  }
  return found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const found = new Map<string, Promise<string>>();

/**
 * The Python that runs Python models: LABS_PYTHON, else that of the active virtual environment, else python3 or python of the
 * PATH. Asked once a process. Errors: DBA-015 with everything that was tried.
 */
export function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  const key = JSON.stringify([env.LABS_PYTHON, env.VIRTUAL_ENV, env.PATH]);
  let python = found.get(key);
  if (!python) {
    python = search(env);
    found.set(key, python);
    // What is missing now may be installed before the next run of a long-lived process.
    python.catch(() => found.delete(key));
  }
  return python;
}

async function search(env: NodeJS.ProcessEnv): Promise<string> {
  const tried: string[] = [];
  for (const { from, file } of candidates(env)) {
    const problem = isProgram(file) || file === env.LABS_PYTHON ? await lacks(file, env) : "is not there";
    if (problem === undefined) return file;
    tried.push(`${file} (${from}) ${problem}`);
  }
  const what = tried.length > 0 ? tried.join("; ") : "there is no python3 on the PATH";
  throw adapterError("python", {
    message: `Python models need a Python with the package duckdb, and none was found: ${what}.`,
    hint: "Install it (`python3 -m pip install duckdb`, and what the models import), activate its virtual environment, or name the program in LABS_PYTHON.",
    data: { tried },
  });
}

/** Why a program cannot run models; looking for the package is much faster than importing it. */
function lacks(file: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const probe = "import importlib.util as u, sys; sys.exit(0 if u.find_spec('duckdb') else 3)";
  return new Promise((resolve) => {
    execFile(file, ["-c", probe], { env, timeout: 30_000 }, (error) => {
      if (!error) resolve(undefined);
      else if (error.code === 3) resolve("has no package duckdb");
      else if (typeof error.code === "string") resolve(error.code === "ENOENT" ? "is not there" : "cannot be run");
      else resolve("does not work as a Python 3");
    });
  });
}
