import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** One collection of tests and where pytest has to stand to run it. */
export interface Suite {
  name: "adapter" | "core" | "duckdb";
  /** pytest's root; ids are relative to it. */
  root: string;
  /** What to run: files, or ids that are known to pass with real dbt on DuckDB. */
  targets: string[];
  /** Options for pytest. */
  options: string[];
}

const here = import.meta.dirname;
const idLists = join(here, "..", "..", "..", "shared", "conformance");

/** dbt-tests-adapter always; dbt-core's and dbt-duckdb's own tests where their repositories are given. */
export function suites(folders: { core?: string; duckdb?: string }): Suite[] {
  const all: Suite[] = [{ name: "adapter", root: here, targets: ["adapter"], options: [] }];
  if (folders.core !== undefined) {
    // The tests bring a copy of dbt's sources, which must not shadow the installed one.
    all.push(fromRepository("core", folders.core, ["-o", "pythonpath="]));
  }
  if (folders.duckdb !== undefined) all.push(fromRepository("duckdb", folders.duckdb, ["--profile", "file"]));
  return all;
}

function fromRepository(name: "core" | "duckdb", folder: string, options: string[]): Suite {
  const root = resolve(folder);
  const list = join(idLists, `dbt-${name}-tests.txt`);
  // The unit tests of the lists import the Python code that they test: no command could fail them.
  const functional = (id: string): boolean => id.startsWith("tests.functional.");
  const ids = existsSync(list) ? readFileSync(list, "utf8").split("\n").filter(functional) : undefined;
  return { name, root, targets: ids?.map((id) => nodeId(root, id)) ?? ["tests/functional"], options };
}

/** `tests.functional.x.test_y.TestZ::test_a` as pytest names it: `tests/functional/x/test_y.py::TestZ::test_a`. */
function nodeId(root: string, id: string): string {
  const [dotted = "", ...rest] = id.split("::");
  const parts = dotted.split(".");
  for (let length = parts.length; length > 0; length--) {
    const file = `${parts.slice(0, length).join("/")}.py`;
    if (existsSync(join(root, file))) return [file, ...parts.slice(length), ...rest].join("::");
  }
  throw new Error(`${id} is not in ${root}: check out the tag that the list belongs to.`);
}
