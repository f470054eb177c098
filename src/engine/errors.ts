import { catalogue, type ErrorDetails, type LabsError } from "#errors/index.ts";

/** dbt's headline of an error, as it prints before the message: tools and dbt's own tests look for it. */
export type DbtErrorType =
  | "Compilation Error"
  | "Parsing Error"
  | "Database Error"
  | "Dependency Error"
  | "Runtime Error"
  | "Validation Error"
  | "Internal Error"
  | "Breaking change to contract";

export const engineErrors = catalogue("engine", {
  compilation: {
    code: "ENG-001",
    title: "Compilation failed",
    exit: 2,
    doc: "Jinja or a macro of the project raised an error, or a reference is wrong. The place names file, line and column.",
  },
  parsing: {
    code: "ENG-002",
    title: "A project file is invalid",
    exit: 2,
    doc: "A properties file, a config or a definition has a shape that dbt does not accept.",
  },
  reference: {
    code: "ENG-003",
    title: "A reference leads nowhere",
    exit: 2,
    doc: "ref(), source() or metric() names something that does not exist, is disabled, or may not be used from here.",
  },
  cycle: {
    code: "ENG-004",
    title: "Nodes depend on each other in a circle",
    exit: 2,
    doc: "The graph must be acyclic. The message lists the whole circle.",
  },
  runtime: {
    code: "ENG-005",
    title: "The run cannot go on",
    exit: 2,
    doc: "Something outside SQL went wrong while running: a missing file, an unknown operation, a bad argument.",
  },
  unsupported: {
    code: "ENG-006",
    title: "Not supported by this engine",
    exit: 2,
    doc: "dbt can do this, this engine cannot. docs/engine/differences.md says why.",
  },
  many: {
    code: "ENG-007",
    title: "Several errors",
    exit: 2,
    doc: "The project has more than one error; every one is listed.",
  },
  duplicate: {
    code: "ENG-008",
    title: "Two resources collide",
    exit: 2,
    doc: "Two nodes have the same name or would write to the same relation.",
  },
  contract: {
    code: "ENG-009",
    title: "A contract is broken",
    exit: 1,
    doc: "The columns of a model differ from its enforced contract.",
  },
  lineage: {
    code: "ENG-010",
    title: "No such model or column",
    exit: 2,
    doc: "Lineage was asked of a model or a column that the project does not have, or of a name that several nodes have.",
  },
});

type Kind = keyof typeof engineErrors;

const defaultType: Record<Kind, DbtErrorType> = {
  compilation: "Compilation Error",
  parsing: "Parsing Error",
  reference: "Compilation Error",
  cycle: "Runtime Error",
  runtime: "Runtime Error",
  unsupported: "Runtime Error",
  many: "Compilation Error",
  duplicate: "Compilation Error",
  contract: "Compilation Error",
  lineage: "Runtime Error",
};

/** An engine error with dbt's headline in `data.dbtType`. */
export function engineError(kind: Kind, details: ErrorDetails & { dbtType?: DbtErrorType }): LabsError {
  const { dbtType, ...rest } = details;
  return engineErrors[kind]({ ...rest, data: { ...rest.data, dbtType: dbtType ?? defaultType[kind] } });
}
