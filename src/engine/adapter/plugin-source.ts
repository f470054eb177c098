import { quoteLiteral } from "#duck/index.ts";
import type { Target } from "../1-read/types.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { adapterError } from "./errors.ts";
import type { AdapterSession } from "./session.ts";

/** A source whose rows a plugin of dbt-duckdb reads, with the settings of its meta and config. */
export interface PluginSource {
  name: string;
  identifier: string;
  schema: string;
  database: string | null;
  /** Path of its file, or null. */
  location: string | null;
  /** `plugin`, `external_location`, `sheet_name`, `save_mode`, `materialization` … */
  settings: PlainRecord;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/**
 * Makes the table (or view) that a plugin source stands for, as dbt-duckdb does when the source is referenced: on a session of
 * its own, outside of any transaction.
 * Errors: DBA-013 for a plugin that the target does not have, DBA-014 for one that is Python code, DBA-003 when the file cannot be read.
 */
export async function loadPluginSource(session: AdapterSession, target: Target, source: PluginSource): Promise<void> {
  const query = sourceQuery(target, source);
  const name = [source.database, source.schema, source.identifier].filter((part) => part !== null && part !== "");
  const table = name.map((part) => quote(String(part))).join(".");
  if (source.schema)
    await session.execute(
      `CREATE SCHEMA IF NOT EXISTS ${name
        .slice(0, -1)
        .map((part) => quote(String(part)))
        .join(".")}`,
    );
  const mode = String(source.settings.save_mode ?? "overwrite");
  if ((mode === "ignore" || mode === "error_if_exists") && (await exists(session, source))) {
    if (mode === "ignore") return;
    throw adapterError("runtime", {
      message: `Source ${name.join(".")} already exists!`,
      hint: "Set save_mode to overwrite or ignore.",
    });
  }
  const kind = source.settings.materialization === "view" ? "VIEW" : "TABLE";
  await session.execute(`CREATE OR REPLACE ${kind} ${table} AS ${query}`);
}

async function exists(session: AdapterSession, { schema, identifier, database }: PluginSource): Promise<boolean> {
  const inDatabase = database === null ? "" : ` AND table_catalog = ${quoteLiteral(database)}`;
  const found = await session.execute(
    `SELECT 1 FROM system.information_schema.tables WHERE table_schema = ${quoteLiteral(schema)} AND table_name = ${quoteLiteral(identifier)}${inDatabase}`,
    { fetch: true },
  );
  return found.table.rowCount > 0;
}

/** The SELECT that reads the source's rows. */
function sourceQuery(target: Target, source: PluginSource): string {
  const wanted = String(source.settings.plugin);
  const plugin = target.plugins.find(({ module, alias }) => wanted === (alias ?? module));
  if (plugin === undefined) {
    const known = target.plugins.map(({ module, alias }) => String(alias ?? module)).join(",");
    throw adapterError("profile", {
      message: `Plugin ${wanted} not found; known plugins are: ${known}`,
      hint: "Add it under `plugins` of the target in profiles.yml.",
    });
  }
  switch (plugin.module) {
    case "excel":
      return excelQuery(source);
    case "sqlite":
      return `SELECT * FROM sqlite_scan(${quoteLiteral(location(source))}, ${quoteLiteral(String(source.settings.table ?? source.identifier))})`;
    default:
      throw adapterError("unsupported", {
        message: `The source ${source.name} is read by the plugin '${String(plugin.module)}', which is Python code.`,
        hint: "Give the source an external_location that DuckDB can read itself, such as read_csv('…').",
      });
  }
}

function location(source: PluginSource): string {
  if (source.location !== null) return source.location;
  throw adapterError("profile", {
    message: `The source ${source.name} has no external_location.`,
    hint: "Give its meta the path of the file as external_location.",
  });
}

function excelQuery(source: PluginSource): string {
  const sheet = source.settings.sheet_name ?? 0;
  if (typeof sheet !== "string" && sheet !== 0) {
    throw adapterError("profile", {
      message: `The source ${source.name} has the sheet_name ${JSON.stringify(sheet)}, which names no one sheet of a local file.`,
      hint: "Write the sheet's name as sheet_name.",
    });
  }
  const options = typeof sheet === "string" ? `, sheet = ${quoteLiteral(sheet)}` : "";
  return `SELECT * FROM read_xlsx(${quoteLiteral(location(source))}, header = true${options})`;
}
