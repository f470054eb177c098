import { PyDict, str, type Value } from "#jinja/index.ts";
import { isTrue } from "./arguments.ts";

const quotedOptions = new Set(["delimiter", "quote", "escape", "null"]);

/** Options of COPY … TO for an external model; fills in `format` and `header` in the caller's dict, as dbt-duckdb does. */
export function externalWriteOptions(location: string, options: PyDict): string {
  if (!options.has("format")) {
    const extension = /[^./\\][^/\\]*(\.[^./\\]*)$/.exec(location)?.[1]?.toLowerCase();
    options.set("format", extension ? extension.slice(1) : options.has("delimiter") ? "csv" : "parquet");
  }
  if (options.get("format") === "csv" && !options.has("header")) options.set("header", 1);
  const partition = options.get("partition_by");
  if (typeof partition === "string" && partition.includes(",") && !partition.startsWith("(")) {
    options.set("partition_by", `(${partition})`);
  }
  return [...options.entries()]
    .map(([key, value]) => {
      const [name, text] = [str(key), str(value)];
      return quotedOptions.has(name.toLowerCase()) && !text.startsWith("'") ? `${name} '${text}'` : `${name} ${text}`;
    })
    .join(", ");
}

/** Where an external model is read from again: a glob when it was written as several files. */
export function externalReadLocation(location: string, options: PyDict): string {
  const partition = options.get("partition_by");
  if (!isTrue(partition) && !isTrue(options.get("per_thread_output"))) return location;
  const globs = [location, "*"];
  if (isTrue(partition))
    globs.push(
      ...str(partition as Value)
        .split(",")
        .map(() => "*"),
    );
  return `${globs.join("/")}.${str(options.get("format") ?? "parquet")}`;
}
