import { join } from "node:path";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { readText } from "./text-file.ts";
import { parseYaml } from "./yaml/index.ts";

/** The variables of vars.yml beside dbt_project.yml; undefined when there is no such file or it has none. */
export function readVarsFile(root: string): PlainRecord | undefined {
  const file = join(root, "vars.yml");
  const source = readText(file);
  if (source === undefined) return undefined;
  const { data } = parseYaml(source, file);
  const vars = (data as PlainRecord | null)?.vars;
  if (vars === undefined || vars === null) return undefined;
  if (typeof vars !== "object" || Array.isArray(vars)) {
    throw readError("project", {
      message: `\`vars\` of ${file} must be a mapping.`,
      place: { file, line: 1, column: 1, source },
      hint: "Write one variable a line: `name: value`, indented below `vars:`.",
    });
  }
  return Object.keys(vars).length === 0 ? undefined : (vars as PlainRecord);
}

/**
 * The variables that nodes of `packageName` get from one project: its global ones, then those under the package's name.
 * Source: dbt-core config/project.py VarProvider.
 */
export function varsFor(vars: PlainRecord, packageName: string): PlainRecord {
  const own = vars[packageName];
  return typeof own === "object" && own !== null && !Array.isArray(own) ? { ...vars, ...own } : vars;
}
