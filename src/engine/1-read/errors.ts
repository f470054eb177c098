import { catalogue, type ErrorDetails, type LabsError } from "#errors/index.ts";
import type { DbtErrorType } from "../errors.ts";

const readErrors = catalogue("engine/read", {
  yaml: {
    code: "READ-001",
    title: "Broken YAML",
    exit: 2,
    doc: "A YAML file does not follow the syntax: mostly indentation, a missing space behind a colon, or a value that starts with a special character and needs quotes.",
  },
  project: {
    code: "READ-002",
    title: "Invalid dbt_project.yml",
    exit: 2,
    doc: "dbt_project.yml is missing, has an unknown key, or a value of the wrong type.",
  },
  profile: {
    code: "READ-003",
    title: "Invalid profiles.yml",
    exit: 2,
    doc: "The profile or its target is missing, or an output has a wrong value.",
  },
  version: {
    code: "READ-004",
    title: "The project asks for another dbt version",
    exit: 2,
    doc: "require-dbt-version of the project or of a package excludes the dbt version that this engine implements.",
  },
  packages: {
    code: "READ-005",
    title: "Packages are not installed as declared",
    exit: 2,
    doc: "packages.yml, package-lock.yml and the folder of installed packages do not agree, or a package is broken.",
  },
  render: {
    code: "READ-006",
    title: "A value cannot be rendered",
    exit: 2,
    doc: "The Jinja of a value in a YAML file is wrong, or it needs a variable that is not set.",
  },
  environment: {
    code: "READ-007",
    title: "A variable of the environment is missing",
    exit: 2,
    doc: "env_var() names a variable that is not set and has no default, or a secret outside profiles.yml and packages.yml.",
  },
  fetch: {
    code: "READ-008",
    title: "A package cannot be fetched",
    exit: 2,
    retryable: true,
    doc: "A package comes from the hub, a git server or a web address, and fetching it failed.",
  },
  option: {
    code: "READ-009",
    title: "An option has a wrong value",
    exit: 2,
    doc: "An option or flag of the command line or of the flags block has a value that it does not take.",
  },
  file: {
    code: "READ-010",
    title: "A file cannot be read or written",
    exit: 2,
    doc: "The file system refused: missing rights, a broken link, text that is not UTF-8, or a path outside the project.",
  },
  catalogs: {
    code: "READ-011",
    title: "Invalid catalogs.yml",
    exit: 2,
    doc: "catalogs.yml has an entry of the wrong shape, or names a catalog: DuckDB reaches other catalogs by ATTACH alone.",
  },
});

const headlines: Record<keyof typeof readErrors, DbtErrorType> = {
  yaml: "Runtime Error",
  project: "Runtime Error",
  profile: "Runtime Error",
  version: "Runtime Error",
  packages: "Runtime Error",
  render: "Compilation Error",
  environment: "Parsing Error",
  fetch: "Runtime Error",
  option: "Runtime Error",
  file: "Runtime Error",
  catalogs: "Validation Error",
};

/** An error of the read phase, with dbt's headline in `data.dbtType`. */
export function readError(
  kind: keyof typeof readErrors,
  details: ErrorDetails & { dbtType?: DbtErrorType },
): LabsError {
  const { dbtType, ...rest } = details;
  return readErrors[kind]({ ...rest, data: { ...rest.data, dbtType: dbtType ?? headlines[kind] } });
}
