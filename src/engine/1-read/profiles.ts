import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { didYouMean, isLabsError } from "#errors/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { duckdbTarget } from "./duckdb-output.ts";
import { readError } from "./errors.ts";
import { renderTree, renderValue } from "./render.ts";
import { configScope } from "./scope.ts";
import { readText } from "./text-file.ts";
import type { Target, YamlDocument } from "./types.ts";
import { parseYaml } from "./yaml/index.ts";
import { pythonText } from "./python-text.ts";

export interface ProfileRequest {
  /** Folder of profiles.yml. */
  profilesDir: string;
  /** The project's folder: relative database paths mean it. */
  projectDir: string;
  /** `--profile` */
  profile?: string;
  /** `profile` of dbt_project.yml, unrendered. */
  projectProfile: unknown;
  target?: string;
  threads?: number;
  cliVars: PlainRecord;
  env: NodeJS.ProcessEnv;
  /** Takes the place of the output's `path` and `database`. */
  path?: string;
}

/** Where profiles.yml is looked for without `--profiles-dir`: the current folder when it has one, else `~/.dbt`. */
export function defaultProfilesDir(cwd: string, env: NodeJS.ProcessEnv): string {
  return existsSync(join(cwd, "profiles.yml")) ? cwd : join(env.HOME ?? homedir(), ".dbt");
}

const unreadable = (text: string) =>
  `\ndbt encountered an error while trying to read your profiles.yml file.\n\n${text}\n\n`;

export interface ProfilesFile {
  file: string;
  source: string;
  document: YamlDocument;
  data: PlainRecord;
}

/** profiles.yml of a folder, unrendered; undefined when there is none. Errors: READ-001, READ-003. */
export function readProfiles(profilesDir: string): ProfilesFile | undefined {
  const file = join(profilesDir, "profiles.yml");
  const source = readText(file);
  if (source === undefined) return undefined;
  const document = parseProfiles(source, file);
  const { data } = document;
  if (data === null || (typeof data === "object" && Object.keys(data).length === 0)) {
    throw readError("profile", {
      message: unreadable(`The profiles.yml file at ${file} is empty`),
      place: { file },
      hint: "Write a profile into it: its name, `target:`, and under `outputs:` one target with `type: duckdb` and `path:`.",
    });
  }
  if (typeof data !== "object" || Array.isArray(data)) {
    throw readError("profile", {
      message: `${file} must be a mapping of profile names, but it is ${Array.isArray(data) ? "a list" : "a text"}.`,
      place: { file, line: 1, column: 1, source },
      hint: "Start the file with the name of the profile and a colon.",
    });
  }
  return { file, source, document, data: data as PlainRecord };
}

function parseProfiles(source: string, file: string): YamlDocument {
  try {
    return parseYaml(source, file);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    throw readError("profile", {
      message: unreadable(`Runtime Error\n  ${error.message.replaceAll("\n", "\n  ")}`),
      place: error.place,
      hint: error.hint,
      cause: error,
    });
  }
}

/** The selected output of profiles.yml. Source of behaviour and messages: dbt-core config/profile.py. */
export function readTarget(request: ProfileRequest): Target {
  const { cliVars, env } = request;
  const scope = configScope({ env, vars: cliVars, secrets: true });
  const projectProfile = renderValue(request.projectProfile, {
    file: join(request.projectDir, "dbt_project.yml"),
    scope,
    secrets: env,
  });
  const profiles = readProfiles(request.profilesDir);
  const name = request.profile ?? projectProfile;
  if (name === undefined || name === null) throw noProfileNamed(request);
  const profileName = typeof name === "string" ? name : pythonText(name);
  if (!profiles || !Object.hasOwn(profiles.data, profileName)) {
    const known = Object.keys(profiles?.data ?? {}).filter((key) => key !== "config");
    const near = didYouMean(profileName, known);
    throw readError("profile", {
      message: `Could not find profile named '${profileName}'`,
      place: { file: join(request.profilesDir, "profiles.yml") },
      hint: profiles
        ? near
          ? `Did you mean '${near}'?`
          : `This file has: ${known.join(", ")}.`
        : `There is no profiles.yml in ${request.profilesDir}; create it there, or name its folder with --profiles-dir.`,
    });
  }
  const raw = profiles.data[profileName];
  const place = (path: (string | number)[]) => ({
    file: profiles.file,
    ...profiles.document.position(path),
    source: profiles.source,
  });
  if (raw === null || raw === "" || (typeof raw === "object" && Object.keys(raw).length === 0)) {
    throw readError("profile", {
      message: unreadable(`Profile ${profileName} in profiles.yml is empty`),
      place: place([profileName]),
      hint: "Give it `target:` and `outputs:`.",
    });
  }
  const profile = (isRecord(raw) ? raw : {}) as PlainRecord;
  const render = { file: profiles.file, scope, document: profiles.document, source: profiles.source, secrets: env };
  const targetName =
    request.target ??
    (Object.hasOwn(profile, "target")
      ? String(renderValue(profile.target, render, [profileName, "target"]))
      : "default");
  if (!Object.hasOwn(profile, "outputs")) {
    throw readError("profile", {
      message: `outputs not specified in profile '${profileName}'`,
      place: place([profileName]),
      hint: "Add `outputs:` with one entry for each target.",
    });
  }
  const outputs = (isRecord(profile.outputs) ? profile.outputs : {}) as PlainRecord;
  if (!Object.hasOwn(outputs, targetName)) {
    const near = didYouMean(targetName, Object.keys(outputs));
    const list = Object.keys(outputs)
      .map((output) => ` - ${output}`)
      .join("\n");
    throw readError("profile", {
      message: `The profile '${profileName}' does not have a target named '${targetName}'. The valid target names for this profile are:\n${list}`,
      place: place([profileName, "outputs"]),
      hint: near ? `Did you mean '${near}'?` : "Name one of them with --target, or add the target to the profile.",
    });
  }
  const written = outputs[targetName];
  // A path that is replaced must not be rendered: its variables may be unset here.
  const output = request.path !== undefined && isRecord(written) ? withPath(written, request.path) : written;
  const outputPath = [profileName, "outputs", targetName];
  if (!isRecord(output)) {
    throw readError("profile", {
      message: `output '${targetName}' of profile '${profileName}' is misconfigured in profiles.yml`,
      place: place(outputPath),
      hint: "It must be a mapping with `type: duckdb` and `path:`.",
    });
  }
  const rendered = renderTree(output, { ...render, document: shifted(profiles.document, outputPath) }) as PlainRecord;
  return duckdbTarget(rendered, {
    profileName,
    targetName,
    threads: request.threads,
    projectDir: request.projectDir,
    file: profiles.file,
    place: (path) => place([...outputPath, ...path]),
  });
}

const isRecord = (value: unknown): value is PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withPath(output: PlainRecord, path: string): PlainRecord {
  const { database: _replaced, ...others } = output;
  return { ...others, path };
}

function shifted(document: YamlDocument, prefix: (string | number)[]): YamlDocument {
  return { data: null, position: (path) => document.position([...prefix, ...path]) };
}

function noProfileNamed(request: ProfileRequest) {
  return readError("profile", {
    message: `dbt cannot run because no profile was specified for this dbt project.
To specify a profile for this project, add a line like the this to
your dbt_project.yml file:

profile: [profile name]

Here, [profile name] should be replaced with a profile name
defined in your profiles.yml file. You can find profiles.yml here:

${request.profilesDir}/profiles.yml
`,
    place: { file: join(request.projectDir, "dbt_project.yml") },
    hint: "Add `profile:` to dbt_project.yml, or pass --profile.",
  });
}
