/** The only room that imports DuckDB: database files, connections, quoting, results. */
export { Database, openDatabase } from "./database.ts";
export type { OpenOptions } from "./database.ts";
export { duckdbVersion } from "./database.ts";
export { binding as loadBinding } from "./binding.ts";
export { DatabaseJournal, relationKey } from "./journal.ts";
export { readHeaders } from "./file-headers.ts";
export { discardTornDatabase, isTornDatabase } from "./torn.ts";
export { Connection } from "./connection.ts";
export type { Column, QueryResult, SqlValue } from "./connection.ts";
export { qualifiedName, quoteIdentifier, quoteLiteral } from "./sql.ts";
export { duckErrors } from "./errors.ts";
export { checkpoint, writeBack } from "./checkpoint.ts";
export { confine, requireNoFileWrites } from "./sandbox.ts";
export { interruptOnAbort } from "./cancel.ts";
