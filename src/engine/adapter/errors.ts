import { catalogue, type ErrorDetails, type LabsError } from "#errors/index.ts";

export const adapterErrors = catalogue("engine/adapter", {
  compilation: {
    code: "DBA-001",
    title: "A macro or model asked for something impossible",
    exit: 1,
    doc: "A macro raised a compiler error, or called the adapter with arguments it cannot work with.",
  },
  database: {
    code: "DBA-002",
    title: "Database error",
    exit: 1,
    doc: "A macro reported a database error, or a query gave a value of the wrong kind.",
  },
  statement: {
    code: "DBA-003",
    title: "Statement failed",
    exit: 1,
    doc: "DuckDB refused a statement. The message is DuckDB's own; the open transaction was rolled back.",
  },
  runtime: {
    code: "DBA-004",
    title: "The adapter cannot go on",
    exit: 1,
    doc: "A strategy, plugin or setting that does not exist was asked for while running.",
  },
  validation: {
    code: "DBA-005",
    title: "A config value is not valid",
    exit: 1,
    doc: "A constraint, index or snapshot config has a shape that the adapter does not accept.",
  },
  dependency: {
    code: "DBA-006",
    title: "A macro reported a dependency problem",
    exit: 1,
    doc: "A macro raised a dependency error: a package or object that it needs is not there.",
  },
  internal: {
    code: "DBA-007",
    title: "The adapter's state is inconsistent",
    exit: 1,
    doc: "The relation cache or a transaction is not in the state that a macro relies on, for example a commit without a transaction.",
  },
  contract: {
    code: "DBA-008",
    title: "A contract is broken",
    exit: 1,
    doc: "The columns that a model's SQL gives differ from those of its enforced contract. The message lists each difference.",
  },
  failFast: { code: "DBA-009", title: "Stopped at the first failure", exit: 1, doc: "A macro asked to stop the run." },
  cancelled: {
    code: "DBA-010",
    title: "Statement was cancelled",
    exit: 1,
    doc: "Ctrl-C, a timeout or another node's failure interrupted the statement. Its transaction was rolled back.",
  },
  refused: {
    code: "DBA-011",
    title: "This database may not be opened here",
    exit: 2,
    doc: "A profile, an ATTACH or an external path points at a file that belongs to somebody else, for example another lab's database.",
  },
  extension: {
    code: "DBA-012",
    title: "DuckDB extension is not installed",
    exit: 2,
    doc: "Extensions are loaded, never downloaded, by the engine. Install it once with DuckDB's own INSTALL command.",
  },
  profile: {
    code: "DBA-013",
    title: "The target cannot be opened as it is configured",
    exit: 2,
    doc: "A key of the profile's output has a value that cannot be used: an attachment, secret, plugin, setting or path.",
  },
  unsupported: {
    code: "DBA-014",
    title: "Not supported by this engine",
    exit: 2,
    doc: "dbt-duckdb can do this with Python, this engine cannot. docs/engine/differences.md says why and what to do instead.",
  },
  python: {
    code: "DBA-015",
    title: "No Python for Python models",
    exit: 1,
    doc: "Python models run in a Python of the user's: LABS_PYTHON, the active virtual environment, or python3 of the PATH. It needs the package duckdb and what the models import.",
  },
  pythonModel: {
    code: "DBA-016",
    title: "A Python model failed",
    exit: 1,
    doc: "The model's own code raised an exception, returned something that is no data frame, or its process ended early. The message has Python's traceback; the place is the model's line in it.",
  },
});

type Kind = keyof typeof adapterErrors;

/** dbt's headline by kind of error; tools look for it in front of the message. */
const headline: Record<Kind, string> = {
  compilation: "Compilation Error",
  database: "Database Error",
  statement: "Runtime Error",
  runtime: "Runtime Error",
  validation: "Runtime Error",
  dependency: "Runtime Error",
  internal: "Internal Error",
  contract: "Compilation Error",
  failFast: "FailFast Error",
  cancelled: "Runtime Error",
  refused: "Runtime Error",
  extension: "Runtime Error",
  profile: "Runtime Error",
  unsupported: "Runtime Error",
  python: "Runtime Error",
  pythonModel: "Runtime Error",
};

/** An error of the adapter, with dbt's headline in `data.dbtType`. */
export function adapterError(kind: Kind, details: ErrorDetails | string): LabsError {
  const given = typeof details === "string" ? { message: details } : details;
  return adapterErrors[kind]({ ...given, data: { ...given.data, dbtType: headline[kind] } });
}
