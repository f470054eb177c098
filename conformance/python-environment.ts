import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface EnvironmentRequest {
  /** Folder of the virtual environment. */
  venv: string;
  requirements: string[];
  /** File with a version for everything that the requirements bring along. */
  constraints?: string;
  /** Imported once, so that a broken environment shows here and not in the first comparison. */
  modules: string[];
  /** Python that says what was installed. */
  versions: string;
  /** Makes files that are installed before, without looking at the index. */
  wheels?: () => string[];
  /** What it was made of: with another text it is made again. */
  marker: string;
  force?: boolean;
}

/** Makes a virtual environment unless it is there as it should be. Needs Python 3.10 or newer and a package index. */
export function pythonEnvironment(request: EnvironmentRequest): string {
  const { venv, requirements, constraints, modules, versions, wheels, marker: wanted } = request;
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const marker = join(venv, "judges.json");
  if (!request.force && existsSync(marker) && readFileSync(marker, "utf8") === wanted) return python;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  makeEnvironment(venv);
  console.log(`Installing ${requirements.join(", ")} ...`);
  for (const file of wheels?.() ?? []) pip(python, ["install", "--quiet", "--no-index", "--no-deps", file]);
  pip(python, ["install", "--quiet", ...(constraints === undefined ? [] : ["-c", constraints]), ...requirements]);
  const done = run(python, ["-c", `import ${modules.join(", ")}; print(${versions})`]);
  if (!done.ok) fail(`The environment does not work:\n${done.text.trim()}`, "Run this again with --force.");
  console.log(done.text.trim());
  writeFileSync(marker, wanted);
  return python;
}

/** A virtual environment with pip. Debian ships Python without that part; root may add it. */
function makeEnvironment(venv: string): void {
  const system = ["python3", "python"].find(
    (name) => run(name, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).ok,
  );
  if (!system) fail("Python 3.10 or newer was not found as python3 or python.", "Install Python and run this again.");
  console.log(`Making ${venv} with ${run(system, ["--version"]).text.trim()}`);
  let made = run(system, ["-m", "venv", venv]);
  if (!made.ok && /ensurepip|python3[\d.]*-venv/.test(made.text) && process.getuid?.() === 0) {
    const version = run(system, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).text.trim();
    console.log(`python${version}-venv is missing; installing it with apt-get`);
    run("apt-get", ["update", "-qq"]);
    const installed = run("apt-get", ["install", "-y", "-qq", `python${version}-venv`]);
    if (!installed.ok)
      fail(
        `apt-get could not install python${version}-venv.\n${installed.text.trim()}`,
        "Install it by hand and run this again.",
      );
    rmSync(venv, { recursive: true, force: true });
    made = run(system, ["-m", "venv", venv]);
  }
  if (!made.ok)
    fail(`${system} -m venv failed:\n${made.text.trim()}`, "On Debian and Ubuntu: install the package python3-venv.");
}

function pip(python: string, args: string[]): void {
  const done = run(python, ["-m", "pip", "--disable-pip-version-check", ...args]);
  if (!done.ok)
    fail(
      `pip ${args.join(" ")} failed:\n${done.text.trim()}`,
      "Check that a package index can be reached (PIP_INDEX_URL).",
    );
}

function run(command: string, args: string[]): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return { ok: status === 0, text: `${stdout ?? ""}${stderr ?? ""}` };
}

function fail(message: string, hint: string): never {
  console.error(`${message}\nfix: ${hint}`);
  process.exit(1);
}
