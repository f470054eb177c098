import type { Target } from "../1-read/types.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { adapterError } from "./errors.ts";
import type { OpenTarget } from "./connect.ts";

/** A source whose rows a plugin of dbt-duckdb reads, with the settings of its meta and config. */
export interface PluginSource {
  name: string;
  identifier: string;
  schema: string;
  database: string | null;
  /** `plugin`, `external_location`, `sheet_name`, `save_mode`, `materialization` … */
  settings: PlainRecord;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Makes the table (or view) that a plugin source stands for, on a connection of its own, as dbt-duckdb does when the source is referenced.
 * Errors: DBA-013 for a plugin that the target does not have, DBA-014 for one that is Python code, DBA-003 when the file cannot be read.
 */
export async function loadPluginSource(opened: OpenTarget, target: Target, source: PluginSource): Promise<void> {
  const query = sourceQuery(target, source);
  const session = opened.session();
  try {
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
    if (mode !== "overwrite" && (await exists(session, source))) {
      if (mode === "ignore") return;
      throw adapterError("runtime", {
        message: `Source ${name.join(".")} already exists!`,
        hint: "Set save_mode to overwrite or ignore.",
      });
    }
    const kind = source.settings.materialization === "view" ? "VIEW" : "TABLE";
    await session.execute(`CREATE OR REPLACE ${kind} ${table} AS ${query}`);
  } finally {
    await session.close();
  }
}

async function exists(
  session: ReturnType<OpenTarget["session"]>,
  { schema, identifier, database }: PluginSource,
): Promise<boolean> {
  const inDatabase = database === null ? "" : ` AND table_catalog = ${literal(database)}`;
  const found = await session.execute(
    `SELECT 1 FROM system.information_schema.tables WHERE table_schema = ${literal(schema)} AND table_name = ${literal(identifier)}${inDatabase}`,
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
      return `SELECT * FROM sqlite_scan(${literal(location(source))}, ${literal(String(source.settings.table ?? source.identifier))})`;
    default:
      throw adapterError("unsupported", {
        message: `The source ${source.name} is read by the plugin '${String(plugin.module)}', which is Python code.`,
        hint: "Give the source an external_location that DuckDB can read itself, such as read_csv('…').",
      });
  }
}

/** The path of the source's file, its `{name}` and other fields filled in. */
function location(source: PluginSource): string {
  const { settings, ...fields } = source;
  const given = settings.external_location;
  if (typeof given !== "string") {
    throw adapterError("profile", {
      message: `The source ${source.name} has no external_location.`,
      hint: "Give its meta the path of the file as external_location.",
    });
  }
  const values: Record<string, unknown> = { ...fields, ...settings };
  return given
    .replace(/\{(\w+)\}/g, (all, key: string) => (Object.hasOwn(values, key) ? String(values[key]) : all))
    .replace(/^'+|'+$/g, "");
}

function excelQuery(source: PluginSource): string {
  const sheet = source.settings.sheet_name ?? 0;
  if (typeof sheet === "number" && sheet !== 0) {
    throw adapterError("unsupported", {
      message: `The source ${source.name} names sheet number ${sheet}.`,
      hint: "Write the sheet's name as sheet_name.",
    });
  }
  const options = typeof sheet === "string" ? `, sheet = ${literal(sheet)}` : "";
  return `SELECT * FROM read_xlsx(${literal(location(source))}, header = true${options})`;
}
