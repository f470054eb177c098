import { isAbsolute, join } from "node:path";
import { xlsxSheets } from "../1-read/index.ts";
import { adapterError, AdapterSession, loadPluginSource, type PluginSource } from "../adapter/index.ts";
import type { SourceNode } from "../manifest/types.ts";
import type { NodeExecution } from "./execution.ts";
import { pluginSource } from "./relations.ts";

/**
 * Fills the table of a source that a plugin reads, each time that the source is referenced while running; undefined for other
 * sources. Source: dbt-duckdb relation.py create_from_source, environments/local.py load_source.
 */
export function loadSource(execution: NodeExecution, source: SourceNode): Promise<void> | undefined {
  const plugin = pluginSource(source);
  return plugin === null ? undefined : load(execution, plugin);
}

async function load({ runtime, session }: NodeExecution, source: PluginSource): Promise<void> {
  const own = new AdapterSession(session.options);
  own.acquire(session.name);
  try {
    await loadPluginSource(own, runtime.target, withSheet(source, runtime.read.root.root));
  } finally {
    await own.close();
  }
}

/** DuckDB wants the name of a sheet, pandas takes its number from 0, too. */
function withSheet(source: PluginSource, folder: string): PluginSource {
  const { settings, location } = source;
  const number = settings.sheet_name;
  if (typeof number !== "number" || number === 0 || location === null || location.includes("://")) return source;
  const path = isAbsolute(location) ? location : join(folder, location);
  let names: string[] | undefined;
  try {
    names = xlsxSheets(path);
  } catch {
    // DuckDB says what is wrong with the file
    return { ...source, settings: { ...settings, sheet_name: 0 } };
  }
  const name = names?.[number];
  if (name !== undefined) return { ...source, settings: { ...settings, sheet_name: name } };
  throw adapterError("profile", {
    message: `Worksheet index ${number} is invalid, ${names?.length ?? 0} worksheets found: ${location}, source ${source.name}.`,
    hint: "Numbers of sheets begin with 0; the sheet's name is safer.",
  });
}
