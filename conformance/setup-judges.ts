/**
 * Makes the Python environment of the judges: real dbt with its DuckDB adapter, dbt's adapter tests, Jinja2.
 *
 *   npm run judge:setup            does nothing when the environment is there already
 *   npm run judge:setup -- --force makes it again
 *
 * It lives in conformance/.judges/venv, which git ignores. Needs Python 3.10 or newer and a package index.
 */
import { join } from "node:path";
import { emptyWheel } from "./empty-wheel.ts";
import { pythonEnvironment } from "./python-environment.ts";

const folder = join(import.meta.dirname, ".judges");

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

const python = pythonEnvironment({
  venv: join(folder, "venv"),
  requirements,
  modules: [
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
  ],
  versions:
    '"dbt", dbt.version.get_installed_version().to_version_string(skip_matcher=True), "DuckDB", duckdb.__version__',
  wheels: () => [join(folder, emptyWheel(unused.name, unused.version, folder))],
  marker: JSON.stringify({ requirements, unused }),
  force: process.argv.includes("--force"),
});
console.log(`The judges are ready: ${python}`);
