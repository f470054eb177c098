/** dbt v2, the Rust engine: a Python environment of its own, in conformance/.judges/dbt2. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * The newest v2 that the index has as a wheel. What carries a final version number there is a source package that
 * downloads its program from elsewhere.
 */
const version = "2.0.0rc196";

const folder = join(import.meta.dirname, "..", "..", "conformance", ".judges", "dbt2");
const program = join(folder, "bin", "dbt");

/** The program and the variables it needs; undefined when it cannot be installed here. `python` makes the environment. */
export function dbt2(python: string): { program: string; env: NodeJS.ProcessEnv; version: string } | undefined {
  if (!existsSync(program)) {
    process.stderr.write(`Installing dbt ${version} ...\n`);
    const run = (command: string, args: string[]): boolean =>
      spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
    const made =
      run(python, ["-m", "venv", folder]) &&
      run(join(folder, "bin", "python"), [
        ..."-m pip --disable-pip-version-check install --quiet --only-binary :all:".split(" "),
        `dbt==${version}`,
      ]);
    if (!made) {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }
  return { program, version, env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: "false", ...duckdbDriver() } };
}

/** dbt v2 downloads its DuckDB driver at its first use, unless a library of that name is found: ours is the same DuckDB. */
function duckdbDriver(): NodeJS.ProcessEnv {
  const own = createRequire(createRequire(import.meta.url).resolve("@duckdb/node-api"));
  const bindings = createRequire(own.resolve("@duckdb/node-bindings"));
  const library = dirname(bindings.resolve(`@duckdb/node-bindings-${process.platform}-${process.arch}/package.json`));
  return process.platform === "darwin" ? { DYLD_LIBRARY_PATH: library } : { LD_LIBRARY_PATH: library };
}
