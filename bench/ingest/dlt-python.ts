import { join } from "node:path";
import { pythonEnvironment } from "../../conformance/python-environment.ts";

export const dltVersion = "1.31.0";

/** A Python with dlt and the DuckDB that labs uses, made the first time. Needs a package index. */
export function dltPython(): string {
  const requirements = [`dlt[duckdb]==${dltVersion}`, "duckdb==1.5.5", "pyarrow==26.0.1"];
  return pythonEnvironment({
    venv: join(import.meta.dirname, "..", ".others", "dlt"),
    requirements,
    modules: ["dlt", "duckdb", "pyarrow"],
    versions: '"dlt", dlt.__version__, "DuckDB", duckdb.__version__',
    marker: JSON.stringify(requirements),
  });
}
