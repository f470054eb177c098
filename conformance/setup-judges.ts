/**
 * Makes the Python environment of the judges: real dbt with its DuckDB adapter, dbt's adapter tests, Jinja2.
 *
 *   npm run judge:setup            does nothing when the environment is there already
 *   npm run judge:setup -- --force makes it again
 *
 * It lives in conformance/.judges/venv, which git ignores. Needs Python 3.10 or newer and a package index.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyWheel } from "./empty-wheel.ts";

const folder = join(import.meta.dirname, ".judges");
const venv = join(folder, "venv");
const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const marker = join(venv, "judges.json");

const requirements = [
  "dbt-core==1.12.3",
  "dbt-duckdb==1.11.0",
  "duckdb==1.5.5",
  "dbt-tests-adapter==1.20.0",
  "jinja2==3.1.6",
  "pytest==9.2.0",
  "pytest-xdist==3.8.0",
  "pytest-mock==3.17.0",
  "opentelemetry-sdk==1.45.2",
  "dbt-artifacts-parser==0.15.0",
  // What Python models return.
  "pandas==3.1.1",
  "pyarrow==26.0.1",
];

/** dbt-core 1.12 needs it for `--use-v2-parser` only, and its source package downloads from outside the index. */
const unused = { name: "dbt-core-experimental-parser", version: "2.0.8" };

const wanted = JSON.stringify({ requirements, unused });
if (!process.argv.includes("--force") && existsSync(marker) && readFileSync(marker, "utf8") === wanted) {
  console.log(`The judges are ready: ${python}`);
} else {
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeEnvironment();
  const wheel = join(folder, emptyWheel(unused.name, unused.version, folder));
  console.log(`Installing ${requirements.join(", ")} ...`);
  pip(["install", "--quiet", "--no-index", "--no-deps", wheel]);
  pip(["install", "--quiet", ...requirements]);
  check();
  writeFileSync(marker, wanted);
  console.log(`The judges are ready: ${python}`);
}

/** A virtual environment with pip. Debian ships Python without that part; root may add it. */
function makeEnvironment(): void {
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

/** Imports everything once, so that a broken environment shows here and not in the first comparison. */
function check(): void {
  const modules = [
    "dbt.version",
    "dbt.adapters.duckdb",
    "dbt.tests.util",
    "duckdb",
    "jinja2",
    "pytest",
    "xdist",
    "pytest_mock",
    "opentelemetry.sdk",
    "dbt_artifacts_parser",
    "pandas",
    "pyarrow",
  ];
  const done = run(python, [
    "-c",
    `import ${modules.join(", ")}; print("dbt", dbt.version.get_installed_version().to_version_string(skip_matcher=True), "DuckDB", duckdb.__version__)`,
  ]);
  if (!done.ok) fail(`The environment does not work:\n${done.text.trim()}`, "Run this again with --force.");
  console.log(done.text.trim());
}

function pip(args: string[]): void {
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
