/** What is expected of rows and tables, as SQL: at the door while files are loaded, and of tables when they were built. */
export { freshCondition, inWords, isRowCheck, newestMoment, rowCondition, rowCountFits } from "./conditions.ts";
export type { Expected } from "./conditions.ts";
export { keyAggregates, keyComplete } from "./keys.ts";
export { checkTables } from "./check-tables.ts";
export type { CheckTablesInput, CheckTablesResult } from "./check-tables.ts";
export { failingRowsSchema } from "./failing-rows.ts";
export { expectErrors } from "./errors.ts";
export type { TableOutcome } from "./types.ts";
