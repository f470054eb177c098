import { catalogue } from "#errors/index.ts";

export const qualityErrors = catalogue("quality", {
  tableUnknown: {
    code: "QUAL-001",
    title: "No such table",
    exit: 2,
    doc: "The lab's database has no table or view of this name. Names are compared without regard to case; a name without a schema is enough while only one schema has it.",
  },
  columnUnknown: {
    code: "QUAL-002",
    title: "No such column",
    exit: 2,
    doc: "A key or time column that was asked for does not exist in the table.",
  },
  configInvalid: {
    code: "QUAL-003",
    title: "Quality settings are wrong",
    exit: 2,
    doc: "A weight is negative or not a number, or a table's settings contradict each other. The message names the key path.",
  },
  databaseMissing: {
    code: "QUAL-004",
    title: "Lab has no database yet",
    exit: 1,
    doc: "The lab's DuckDB file does not exist because the lab has not run. `labs run` creates it.",
  },
});
