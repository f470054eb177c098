import { catalogue } from "#errors/index.ts";

export const duckErrors = catalogue("duck", {
  openFailed: {
    code: "DUCK-001",
    title: "Database cannot be opened",
    exit: 1,
    doc: "The file is no DuckDB database, was written by a newer DuckDB, or cannot be read or written. The message of DuckDB says which.",
  },
  locked: {
    code: "DUCK-002",
    title: "Database is in use by another process",
    exit: 1,
    retryable: true,
    doc: "DuckDB allows one writing process for a file. The message names the process that holds it.",
  },
  queryFailed: {
    code: "DUCK-003",
    title: "Query failed",
    exit: 1,
    doc: "DuckDB refused a statement. The message is DuckDB's own.",
  },
  interrupted: {
    code: "DUCK-004",
    title: "Query was cancelled",
    exit: 1,
    doc: "The statement was interrupted, by ctrl-C, a timeout or another statement's failure. Its transaction was rolled back.",
  },
  writesFiles: {
    code: "DUCK-005",
    title: "Questions only read",
    exit: 1,
    doc: "`labs query` and `labs shell` run what reads: no statement that writes files, attaches databases or loads extensions.",
  },
});
