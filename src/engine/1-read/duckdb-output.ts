import { basename, extname, isAbsolute, join } from "node:path";
import type { LabsError, Place } from "#errors/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { pythonText } from "./python-text.ts";
import type { Target } from "./types.ts";

export interface OutputContext {
  profileName: string;
  targetName: string;
  threads?: number;
  projectDir: string;
  file: string;
  place: (path: (string | number)[]) => Place;
}

type Check = { types: ("string" | "boolean" | "integer" | "object" | "array")[]; nullable: boolean };
const optional = (...types: Check["types"]): Check => ({ types, nullable: true });
const required = (...types: Check["types"]): Check => ({ types, nullable: false });

/** Keys of a DuckDB output with their types; everything else is accepted and ignored. Source: dbt-duckdb credentials.py. */
const keys: Record<string, Check> = {
  database: required("string"),
  schema: required("string"),
  path: required("string"),
  config_options: optional("object"),
  extensions: optional("array"),
  settings: optional("object"),
  secrets: optional("array"),
  external_root: required("string"),
  use_credential_provider: optional("string"),
  attach: optional("array"),
  filesystems: optional("array"),
  remote: optional("object"),
  plugins: optional("array"),
  disable_transactions: required("boolean"),
  keep_open: required("boolean"),
  module_paths: optional("array"),
  retries: optional("object"),
  is_ducklake: optional("boolean"),
};

/** A rendered output of profiles.yml as target. Errors: READ-003 with the place of the wrong key. */
export function duckdbTarget(output: PlainRecord, context: OutputContext): Target {
  const { profileName, targetName } = context;
  const invalid = (text: string, path: (string | number)[], hint: string): LabsError =>
    readError("profile", {
      message: `Credentials in profile "${profileName}", target "${targetName}" invalid: ${text}`,
      place: context.place(path),
      hint,
    });
  if (!Object.hasOwn(output, "type")) {
    throw readError("profile", {
      message: `required field "type" not found in profile ${profileName} and target ${targetName}`,
      place: context.place([]),
      hint: "Add `type: duckdb`.",
    });
  }
  if (output.type !== "duckdb") {
    throw invalid(
      `Runtime Error\n  Could not find adapter type ${String(output.type)}!`,
      ["type"],
      "This engine runs on DuckDB only: set `type: duckdb`, or select another target with --target.",
    );
  }
  const threads = context.threads ?? output.threads ?? 1;
  if (typeof threads !== "number" || !Number.isInteger(threads)) {
    throw readError("profile", {
      message: `at path ['threads']: ${pythonText(threads)} is not of type 'integer'`,
      place: context.place(["threads"]),
      hint: "Write a whole number.",
    });
  }
  const attach = Array.isArray(output.attach) ? (output.attach as PlainRecord[]) : [];
  const derived = databaseName(output.path);
  const { database: given } = output;
  if (derived === "") {
    throw invalid(
      "Runtime Error\n  Unable to determine target database name from 'path' field in profile",
      ["path"],
      "Give `path` the name of a file, such as data/my_lab.duckdb.",
    );
  }
  const aliases = attach.map((entry) => entry?.alias).filter((alias) => alias);
  if (given !== undefined && given !== derived && !output.remote && !aliases.includes(given)) {
    throw invalid(
      `Runtime Error\n  Inconsistency detected between 'path' and 'database' fields in profile; the 'database' property must be set to '${derived}' to match the 'path'`,
      ["database"],
      `Remove \`database\`, or write \`database: ${derived}\`.`,
    );
  }
  for (const [key, check] of Object.entries(keys)) {
    const value = output[key];
    if (value === undefined || (value === null && check.nullable) || fits(value, check)) continue;
    const expected = check.types.map((type) => `'${type}'`).join(", ");
    throw invalid(
      check.nullable
        ? `${pythonText(value)} is not valid under any of the given schemas`
        : `${pythonText(value)} is not of type ${expected}`,
      [key],
      `\`${key}\` takes ${check.types.map((type) => (type === "object" ? "a mapping" : type === "array" ? "a list" : `a ${type}`)).join(" or ")}.`,
    );
  }
  const provider = output.use_credential_provider;
  if (provider && provider !== "aws") {
    throw invalid(
      `Unsupported value for use_credential_provider: ${String(provider)}`,
      ["use_credential_provider"],
      "Only `aws` is known.",
    );
  }
  const secrets = records(output.secrets);
  return {
    profileName,
    targetName,
    threads,
    path: absolutePath(output.path as string | undefined, context.projectDir),
    database: (given as string | undefined) ?? derived,
    schema: (output.schema as string | undefined) ?? "main",
    settings: (output.settings as PlainRecord | null) ?? {},
    configOptions: (output.config_options as PlainRecord | null) ?? {},
    extensions: (output.extensions as (string | PlainRecord)[] | null) ?? [],
    secrets: provider ? [...secrets, { type: "s3", provider: "credential_chain" }] : secrets,
    attach,
    plugins: records(output.plugins),
    externalRoot: (output.external_root as string | undefined) ?? ".",
    disableTransactions: output.disable_transactions === true,
    isDucklake: output.is_ducklake === true || /ducklake:/i.test(String(output.path ?? "")),
    retries: (output.retries as PlainRecord | null) ?? null,
    raw: output,
    file: context.file,
  };
}

const records = (value: unknown): PlainRecord[] => (Array.isArray(value) ? (value as PlainRecord[]) : []);

function fits(value: unknown, { types }: Check): boolean {
  return types.some((type) => {
    if (type === "array") return Array.isArray(value);
    if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
    if (type === "integer") return Number.isInteger(value);
    return typeof value === type;
  });
}

/** Name of the catalog that DuckDB gives to a database path; empty when it has none. */
export function databaseName(path: unknown): string {
  if (path === undefined || path === null || path === ":memory:") return "memory";
  const text = String(path);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  const rest = (scheme === undefined ? text : text.slice(scheme.length + 1).replace(/^\/\/[^/]*/, "")).replace(
    /[?#].*$/s,
    "",
  );
  const file = basename(rest.endsWith("/") ? "" : rest);
  const stem = file.slice(0, file.length - extname(file).length);
  if (scheme === "md" || scheme === "motherduck") return stem === "" ? "my_db" : stem;
  if (scheme === "ducklake") return stem.replace(/^[a-z][a-z0-9+.-]*:/i, "");
  return stem;
}

/** A database path relative to the project made absolute; addresses of other systems stay as they are. */
function absolutePath(path: string | undefined, projectDir: string): string {
  if (path === undefined || path === ":memory:") return ":memory:";
  if (isAbsolute(path) || /^[a-z][a-z0-9+.-]+:/i.test(path)) return path;
  return join(projectDir, path);
}
