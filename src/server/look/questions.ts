import { type Connection, quoteLiteral } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { serverErrors } from "../errors.ts";

/** How a statement that reads begins; DuckDB takes some PRAGMAs and CALLs for SELECTs. */
const words =
  /^(?:select|with|from|values|table|describe|desc|show|summarize|pivot|unpivot|explain(?!\s+analy[sz]e))\b|^\(/i;

/**
 * Functions that give tables and look at nothing but what they are given and what is published. Whatever else there is, now
 * or with a newer DuckDB, is none of a question's: files, settings, secrets, logs, pointers into memory, SQL put together.
 */
const tableFunctions = new Set(
  `range generate_series unnest repeat repeat_row summary histogram histogram_values json_each json_tree
  duckdb_columns duckdb_constraints duckdb_dependencies duckdb_functions duckdb_indexes duckdb_keywords duckdb_schemas
  duckdb_sequences duckdb_tables duckdb_types duckdb_views`.split(/\s+/),
);
/** Other functions that tell of the machine, write, or read SQL from a text. */
const otherFunctions = new Set(["current_setting", "getenv", "getvariable", "write_log", "json_serialize_plan"]);
/** DuckDB's own tables of its state, of which only those of names and columns may be read. */
const ofState = (table: string): boolean =>
  /^(?:duckdb_|pragma_|pg_settings$|pg_database$)/i.test(table) && !tableFunctions.has(table.toLowerCase());

/** Whether a question may call a function that gives a table. */
export const isOpen = (tableFunction: string): boolean => tableFunctions.has(tableFunction);

/**
 * Lets one statement pass that reads what is published. The sandbox would stop what is worse; this tells what is meant to be
 * asked here, and goes by DuckDB's own reading of the text, before anything is prepared: preparing calls functions.
 * Errors: SRV-012, SRV-015, DUCK-003.
 */
export async function requireOneSelect(connection: Connection, sql: string): Promise<void> {
  const text = withoutComments(sql);
  if (!words.test(text)) throw onlySelect(`This begins with ${/^\w*/.exec(text)?.[0].toUpperCase() || "no word"}`);
  const select = text.replace(/^explain\b\s*(?:\([^()]*\))?/i, "");
  const statements = await treeOf(connection, select);
  if (statements === "wrong") {
    // Where it is wrong is told of the text as it was written.
    if (select === text) await connection.statementTypes(sql);
    throw onlySelect("This cannot be read as a query");
  }
  if (statements === "other")
    throw onlySelect(
      "These are several statements, one that does not only read, or a PIVOT that looks for its columns",
    );
  if (statements.length !== 1)
    throw onlySelect(statements.length === 0 ? "There is no statement" : `These are ${statements.length} statements`);
  const found = reachesOut(statements);
  if (found !== undefined) throw confined(`There is no ${found} here`);
}

/** What the sandbox stops is told without the paths that DuckDB names. */
export function toldAsConfined(error: unknown): unknown {
  if (!isLabsError(error) || error.code !== "DUCK-003") return error;
  if (/Extension Autoloading Error|extension/i.test(error.message) && /install|autoload/i.test(error.message))
    return confined("This needs an extension", error);
  if (/^[^\n]*Permission Error|file system operations are disabled|disabled by configuration/i.test(error.message))
    return confined("This reaches for a file, the network or a setting", error);
  return error;
}

/** Whether `FROM (…)` can be put around a statement; EXPLAIN, DESCRIBE, SHOW and SUMMARIZE are small anyway. */
export const isRelation = (sql: string): boolean => /^(?:select|with|from|values|table|\()/i.test(withoutComments(sql));

/** The statements as DuckDB's parser reads them, or why there is no tree: not all of them SELECTs, or no SQL. */
async function treeOf(connection: Connection, sql: string): Promise<unknown[] | "other" | "wrong"> {
  const { rows } = await connection.query(`SELECT json_serialize_sql(${quoteLiteral(sql)}::VARCHAR)`);
  const tree = JSON.parse(String(rows[0]?.[0])) as { error: boolean; error_type?: string; statements?: unknown[] };
  if (!tree.error) return tree.statements ?? [];
  return tree.error_type === "not implemented" ? "other" : "wrong";
}

/** The first function or table in a tree that is none of a question's. */
function reachesOut(tree: unknown): string | undefined {
  const waiting = [tree];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== "object" || node === null) continue;
    const { type, function: called, function_name: name, table_name: table } = node as Record<string, unknown>;
    if (type === "TABLE_FUNCTION") {
      const own = String((called as Record<string, unknown> | undefined)?.["function_name"]);
      if (!tableFunctions.has(own.toLowerCase())) return own;
    }
    if (typeof name === "string" && otherFunctions.has(name.toLowerCase())) return name;
    if (type === "BASE_TABLE" && typeof table === "string" && ofState(table)) return table;
    waiting.push(...Object.values(node));
  }
  return undefined;
}

const confined = (what: string, cause?: unknown) =>
  serverErrors.confined({
    message: `${what}: questions read tables of what is published, and nothing else of this machine.`,
    hint: "`labs query` and `labs shell` have more.",
    ...(cause !== undefined && { cause }),
  });

const onlySelect = (what: string) =>
  serverErrors.onlySelect({
    message: `${what}; the page runs one statement that reads.`,
    hint: "Write one SELECT, with the columns of a PIVOT named in ON … IN (…). `labs shell` has more.",
  });

const withoutComments = (sql: string): string => sql.replace(/^(?:\s|--[^\n]*\n?|\/\*[^]*?\*\/)+/, "");
