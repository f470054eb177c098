import { homedir } from "node:os";
import { join } from "node:path";
import type { PlainRecord } from "../manifest/types.ts";
import { readError } from "./errors.ts";
import { readProfiles } from "./profiles.ts";
import { readRawProject, projectFileName } from "./project-file.ts";
import { readText } from "./text-file.ts";
import type { ReadWarning } from "./types.ts";
import { parseYaml } from "./yaml/index.ts";

/**
 * Settings of the command line that a project keeps in `flags:` of dbt_project.yml, or in the older `config:` of profiles.yml.
 * A project that cannot be read has none; its error comes when it is loaded. Source: dbt-core config/project.py read_project_flags.
 */
export function readProjectFlags(
  projectDir: string,
  profilesDir: string | undefined,
  warn: (warning: ReadWarning) => void = () => {},
): PlainRecord {
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
  if (Object.keys(config).length === 0) return flags;
  warn({
    name: "ProjectFlagsMovedDeprecation",
    code: "D013",
    text: "User config should be moved from the 'config' key in profiles.yml to the 'flags' key in dbt_project.yml.",
  });
  return config;
}

/**
 * `flags:` of user_settings.yml in `~/.dbt`: what a user wants in every project that does not say otherwise.
 * A file that cannot be read counts as none. Source: dbt-core config/user_settings.py.
 */
export function readUserFlags(env: NodeJS.ProcessEnv): PlainRecord {
  const file = join(env.HOME ?? homedir(), ".dbt", "user_settings.yml");
  try {
    const text = readText(file);
    return text === undefined ? {} : record(record(parseYaml(text, file).data).flags);
  } catch {
    return {};
  }
}

const record = (value: unknown): PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as PlainRecord) : {};
