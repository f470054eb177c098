import { basename, isAbsolute, resolve } from "node:path";
import type { PlainRecord } from "../manifest/types.ts";
import { readProfiles, readTarget } from "./profiles.ts";
import { readRawProject } from "./project-file.ts";
import type { Target } from "./types.ts";

export interface OwnTargetRequest {
  /** The database that is used whatever a profile says. */
  database: string;
  projectDir: string;
  /** Folders with a profiles.yml, the first that knows the profile counts; may be empty. */
  profilesDirs: string[];
  /** Name of the target where no profile says one. */
  fallbackName: string;
  profile?: string;
  target?: string;
  threads?: number;
  vars?: PlainRecord;
  env?: NodeJS.ProcessEnv;
}

/**
 * The target of a project whose database is known: target name, schema, threads, extensions, settings, secrets and
 * attachments come from a profile when there is one, the database never does. Errors: READ-003 for a broken profile.
 */
export function targetForDatabase(request: OwnTargetRequest): Target {
  const { projectDir, profilesDirs, env = process.env, vars = {} } = request;
  const database = isAbsolute(request.database) ? request.database : resolve(projectDir, request.database);
  const projectProfile = readRawProject(projectDir).data.profile;
  const name = request.profile ?? (typeof projectProfile === "string" ? projectProfile : undefined);
  const folder = profilesDirs.find((dir) => name !== undefined && Object.hasOwn(readProfiles(dir)?.data ?? {}, name));
  const own = { path: database, database: catalogOf(database) };
  if (folder !== undefined) {
    const { profile, target, threads } = request;
    const found = readTarget({
      profilesDir: folder,
      projectDir,
      profile,
      projectProfile,
      target,
      threads,
      cliVars: vars,
      env,
      path: database,
    });
    return { ...found, ...own, raw: { ...found.raw, path: database } };
  }
  return {
    profileName: name ?? request.fallbackName,
    targetName: request.target ?? "dev",
    threads: request.threads ?? 4,
    ...own,
    schema: "main",
    settings: {},
    configOptions: {},
    extensions: [],
    secrets: [],
    attach: [],
    plugins: [],
    externalRoot: ".",
    disableTransactions: false,
    isDucklake: false,
    retries: null,
    raw: { type: "duckdb", path: database },
  };
}

/**
 * The catalog's name that DuckDB gives to a file: what stands before the first point of its name. Here `#` and `?` of folders
 * belong to the path; in a profile dbt-duckdb reads it as a URL. Source: DuckDB's ExtractDatabaseName.
 */
function catalogOf(file: string): string {
  const name = basename(file).replace(/\?.*$/s, "");
  return name.split(".").find((part) => part !== "") ?? "";
}
