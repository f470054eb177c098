import { basename, extname } from "node:path";
import { databaseName, readProfiles, readRawProject, readTarget } from "./1-read/index.ts";
import type { Target } from "./1-read/types.ts";
import { isRecord } from "./context/data.ts";
import type { PlainRecord } from "./manifest/types.ts";

export interface PlatformTargetOptions {
  projectDir: string;
  /** Absolute path of the database that wins over whatever a profile says. */
  database: string;
  /** Folders with a profiles.yml, in the order they are asked; may be empty. */
  profilesDirs: string[];
  target?: string;
  profile?: string;
  threads?: number;
  vars?: PlainRecord;
  env?: NodeJS.ProcessEnv;
}

/** Statements run side by side when no profile says otherwise: more does not help a machine of few cores. */
const defaultThreads = 4;

/**
 * A target whose database is known to the caller. Name, schema, threads, extensions and settings come from a profile when
 * one of the folders has it; without any, dbt's defaults hold. `profilePath` is the database that the profile names.
 * Errors: READ-003 for a profile that is there and wrong.
 */
export function platformTarget(options: PlatformTargetOptions): { target: Target; profilePath?: string; profileFile?: string } {
  const { projectDir, database, vars = {}, env = process.env } = options;
  const projectProfile = readRawProject(projectDir).data.profile;
  const own = { path: database, database: databaseName(database), raw: { path: database } };
  for (const profilesDir of options.profilesDirs) {
    const profiles = readProfiles(profilesDir);
    const name = options.profile ?? projectProfile;
    if (!profiles || typeof name !== "string" || !isRecord(profiles.data[name])) continue;
    const found = readTarget({
      profilesDir,
      projectDir,
      projectProfile,
      cliVars: vars,
      env,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
    const { path: _path, database: _database, ...raw } = found.raw;
    return { target: { ...found, ...own, raw: { ...raw, path: database } }, profilePath: found.path, profileFile: profiles.file };
  }
  const profileName = typeof projectProfile === "string" ? projectProfile : basename(projectDir, extname(projectDir));
  return {
    target: {
      profileName: options.profile ?? profileName,
      targetName: options.target ?? "dev",
      threads: options.threads ?? defaultThreads,
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
      ...own,
    },
  };
}
