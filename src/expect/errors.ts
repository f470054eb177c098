import { catalogue } from "#errors/index.ts";

export const expectErrors = catalogue("expect", {
  tableUnknown: {
    code: "EXP-001",
    title: "Expected table does not exist",
    exit: 1,
    doc: "`quality.tables` of lab.yml names a table, or a relationship leads to one, that the lab's database does not have after the run. Names are compared without regard to case.",
  },
  columnUnknown: {
    code: "EXP-002",
    title: "Expected column does not exist",
    exit: 1,
    doc: "An expectation names a column that its table does not have. Expressions belong into the check `sql`.",
  },
  cannotCheck: {
    code: "EXP-003",
    title: "Expectation cannot be checked",
    exit: 1,
    doc: "DuckDB refuses the expectation's SQL: a condition that is no SQL, values of another type than the column's, a pattern that is no regular expression, a type that does not exist. The message is DuckDB's. It counts as failed.",
  },
});
