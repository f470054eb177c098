import type { Connection } from "./connection.ts";
import { duckErrors } from "./errors.ts";

/**
 * Takes from a database what a question does not need: files, the network, other databases, extensions, secrets on disk,
 * and the settings that could give them back. It cannot be undone. With `files` files can still be read, as views of a lab
 * may do; then every statement has to pass {@link requireNoFileWrites}, since DuckDB would let it write, too.
 */
export async function confine(connection: Connection, options: { files?: boolean } = {}): Promise<void> {
  await connection.run("SET allow_persistent_secrets = false");
  if (options.files !== true) await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
}

const comments = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/;
/** Statements that write files, or that hide others. */
const kinds = "copy|export|import|attach|load|install|force|prepare|execute|call";
const first = new RegExp(`^(?:${kinds})\\b`, "i");
const anywhere = new RegExp(`\\b(?:${kinds})\\b`, "i");
const writing = new Set([
  "COPY",
  "EXPORT",
  "COPY_DATABASE",
  "ATTACH",
  "LOAD",
  "EXTENSION",
  "PREPARE",
  "EXECUTE",
  "CALL",
]);

/** Refuses a text that could write files or bring in other databases and extensions. Errors: DUCK-005, DUCK-003. */
export async function requireNoFileWrites(connection: Connection, sql: string): Promise<void> {
  // EXPORT makes its folder when it is prepared, and EXPLAIN ANALYZE runs what it explains: words come first.
  const text = sql.replace(comments, "");
  const several = (await connection.statementCount(sql)) > 1;
  if (first.test(text) || ((several || /^explain\b/i.test(text)) && anywhere.test(text))) throw refused();
  const types = await connection.statementTypes(sql);
  if (types.some((type) => writing.has(type))) throw refused();
}

const refused = () =>
  duckErrors.writesFiles({
    message: "This statement may write files or attach databases, and questions to a lab only read its tables.",
    hint: "`labs export` writes what is published; `labs query --format csv` writes rows to its output.",
  });
