/** Makes the Python environments of what others check tables with, in bench/.others: `node bench/quality/others.ts`. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "../../conformance/python-environment.ts";

const folder = join(import.meta.dirname, "..", ".others");

/** soda-core with the DuckDB that it is released for. Gives the environment's Python. */
export function sodaPython(): string {
  const requirements = ["soda-core==3.5.6", "soda-core-duckdb==3.5.6", "duckdb==1.0.0"];
  return pythonEnvironment({
    venv: join(folder, "soda"),
    requirements,
    modules: ["soda.scan", "duckdb"],
    versions: '"soda-core-duckdb 3.5.6, DuckDB", duckdb.__version__',
    marker: JSON.stringify(requirements),
  });
}

/** Great Expectations with pandas, which it checks tables in: through SQLAlchemy and DuckDB its metrics fail. */
export function greatExpectationsPython(): string {
  const requirements = ["great-expectations==1.24.1", "duckdb==1.5.5", "pandas==3.1.1"];
  return pythonEnvironment({
    venv: join(folder, "great_expectations"),
    requirements,
    modules: ["great_expectations", "duckdb", "pandas"],
    versions: '"great-expectations", great_expectations.__version__',
    marker: JSON.stringify(requirements),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log([sodaPython(), greatExpectationsPython()].join("\n"));
