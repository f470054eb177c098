import { join } from "node:path";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { readProfiles } from "./profiles.ts";
import { readRawProject, projectFileName } from "./project-file.ts";

/**
 * Settings of the command line that a project keeps in `flags:` of dbt_project.yml, or in the older `config:` of profiles.yml.
 * A project that cannot be read has none; its error comes when it is loaded. Source: dbt-core config/project.py read_project_flags.
 */
export function readProjectFlags(projectDir: string, profilesDir: string | undefined): PlainRecord {
  let flags: PlainRecord = {};
  try {
    flags = record(readRawProject(projectDir).data.flags);
  } catch {
    // Reported when the project is loaded.
  }
  const config = profilesDir === undefined ? {} : record(readProfiles(profilesDir)?.data.config);
  if (Object.keys(flags).length > 0 && Object.keys(config).length > 0) {
    throw readError("option", {
      message: `Do not specify both 'config' in profiles.yml and 'flags' in ${projectFileName}. Using 'config' in profiles.yml is deprecated.`,
      place: { file: join(profilesDir ?? "", "profiles.yml") },
      hint: "Move everything under `flags` of dbt_project.yml and remove `config`.",
    });
  }
  return Object.keys(config).length > 0 ? config : flags;
}

const record = (value: unknown): PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as PlainRecord) : {};
