/** SQLite files, under every Node that runs this: the ledger and the labs' locks are such. */
export { openSqlite } from "./open.ts";
export type { Database, Options } from "./open.ts";
