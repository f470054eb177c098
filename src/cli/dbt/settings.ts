import { resolve } from "node:path";
import {
  defaultProfilesDir,
  findProjectDir,
  readProjectFlags,
  readUserFlags,
  type ReadWarning,
  type WarnErrorOptions,
} from "#engine/index.ts";
import { behaviorFlags } from "./behavior-flags.ts";
import { convert } from "./convert.ts";
import { reservedVariables } from "./environment.ts";
import { usageError } from "./errors.ts";
import { commands, type DbtOption, globalOptions } from "./options.ts";
import type { CommandLine } from "./parse.ts";
import { readWarnErrorOptions } from "./warn-error-options.ts";

/** Where a value came from; later ones give way to earlier ones. */
export type Origin = "command line" | "environment" | "project" | "user" | "default";

/** Every setting of one invocation under dbt's names, with its origin. */
export class Settings {
  readonly command: string;
  readonly positional: string[];
  /** Absolute. */
  readonly projectDir: string;
  /** Absolute; undefined when the caller brings the target. */
  readonly profilesDir: string | undefined;
  readonly cwd: string;
  /** `--warn-error-options`, checked and with today's keys. */
  readonly warnErrorOptions: WarnErrorOptions & Record<string, unknown>;
  /** What there is to warn about in the settings themselves. */
  readonly notices: readonly ReadWarning[];
  readonly #values: Map<string, { value: unknown; origin: Origin }>;

  constructor(fields: {
    command: string;
    positional: string[];
    projectDir: string;
    profilesDir: string | undefined;
    cwd: string;
    warnErrorOptions: WarnErrorOptions;
    notices: readonly ReadWarning[];
    values: Map<string, { value: unknown; origin: Origin }>;
  }) {
    this.command = fields.command;
    this.positional = fields.positional;
    this.projectDir = fields.projectDir;
    this.profilesDir = fields.profilesDir;
    this.cwd = fields.cwd;
    this.warnErrorOptions = { ...fields.warnErrorOptions };
    this.notices = fields.notices;
    this.#values = fields.values;
  }

  get(name: string): unknown {
    return this.#values.get(name)?.value;
  }
  given(name: string): boolean {
    const origin = this.#values.get(name)?.origin;
    return origin !== undefined && origin !== "default";
  }
  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || value === null ? undefined : String(value);
  }
  on(name: string): boolean {
    return this.get(name) === true;
  }
  integer(name: string): number | undefined {
    const value = this.get(name);
    return typeof value === "number" ? value : undefined;
  }
  list(name: string): string[] {
    const value = this.get(name);
    return Array.isArray(value) ? value.map(String) : [];
  }
  record(name: string): Record<string, unknown> {
    return record(this.get(name));
  }
  entries(): Iterable<[string, unknown]> {
    return [...this.#values].map(([name, { value }]) => [name, value]);
  }
}

/** Old names of the environment that stand for an option of today. */
const renamed: Record<string, string> = {
  deprecated_defer: "defer",
  deprecated_favor_state: "favor_state",
  deprecated_print: "print",
  deprecated_state: "state",
};
/** The old variables of those. */
const renamedVariables: Record<string, string> = {
  deprecated_defer: "DBT_DEFER_TO_STATE",
  deprecated_favor_state: "DBT_FAVOR_STATE_MODE",
  deprecated_print: "DBT_NO_PRINT",
  deprecated_state: "DBT_ARTIFACT_STATE_PATH",
};

export interface SettingsContext {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The caller brings the target: profiles.yml is not looked for. */
  ownTarget?: boolean;
  /** Folder of the project when the caller knows it. */
  projectDir?: string;
}

/** Merges command line, environment, project flags and defaults, in this order of precedence. Errors: DBT-001. */
export function resolveSettings(line: CommandLine, context: SettingsContext): Settings {
  const command = line.command ?? "";
  const { cwd, env } = context;
  const values = new Map<string, { value: unknown; origin: Origin }>();
  const notices: ReadWarning[] = [];
  const options = [...globalOptions, ...(commands[command]?.options ?? [])];
  for (const option of options) {
    const given = line.given.get(option.name);
    const variable = option.env.map((name) => env[name]).find((value) => value !== undefined && value !== "");
    if (given !== undefined)
      values.set(option.name, { value: convert(option, given, command, cwd), origin: "command line" });
    else if (variable !== undefined) {
      values.set(option.name, { value: convert(option, variable, command, cwd), origin: "environment" });
    } else
      values.set(option.name, { value: option.default ?? (option.kind === "multi" ? [] : null), origin: "default" });
  }
  for (const [old, now] of Object.entries(renamed)) {
    const entry = values.get(old);
    values.delete(old);
    if (entry?.origin === "environment") {
      values.set(now, entry);
      const variable = renamedVariables[old] ?? "";
      const today = `DBT_ENGINE_${now.toUpperCase()}`;
      const text = `The environment variable \`${variable}\` has been renamed as \`${today}\`.\nIf \`${variable}\` is currently set, its value will be used instead of \`${today}\`.\nSet \`${today}\` and unset \`${variable}\` to avoid this deprecation warning and ensure it works properly in a future release.`;
      notices.push({ name: "EnvironmentVariableRenamed", code: "D009", text });
    } else if (entry?.origin === "command line") {
      throw usageError("Deprecated parameters can only be set via environment variables", command);
    }
  }
  const projectDir = resolve(
    cwd,
    (values.get("project_dir")?.value as string | null) ?? context.projectDir ?? findProjectDir(cwd),
  );
  const profilesDir = profilesFolder(
    values.get("profiles_dir")?.value as string | null | undefined,
    command,
    options,
    context,
  );
  addProjectFlags(values, projectDir, profilesDir, notices);
  addUserFlags(values, env);
  follow(values, "use_colors", "use_colors_file");
  follow(values, "log_level", "log_level_file");
  follow(values, "log_format", "log_format_file");
  exclusive(values, command, ["warn_error", "warn_error_options"]);
  exclusive(values, command, ["select", "inline"]);
  exclusive(values, command, ["selector", "inline"]);
  checkEventTimes(values, command);
  const warnErrors = readWarnErrorOptions(record(values.get("warn_error_options")?.value), (message) => {
    throw usageError(`Invalid value for '--warn-error-options': ${message}`, command);
  });
  notices.push(...warnErrors.notices, ...reservedVariables(env));
  return new Settings({
    command,
    positional: line.positional,
    projectDir,
    profilesDir,
    cwd,
    warnErrorOptions: warnErrors.options,
    notices,
    values,
  });
}

function profilesFolder(
  given: string | null | undefined,
  command: string,
  options: DbtOption[],
  { cwd, env, ownTarget }: SettingsContext,
): string | undefined {
  const option = options.find(({ name }) => name === "profiles_dir");
  if (option === undefined) return undefined;
  if (given) return resolve(cwd, given);
  if (ownTarget) return undefined;
  const folder = defaultProfilesDir(cwd, env);
  // These work without a profile.
  if (!["debug", "deps", "init", "clean"].includes(command)) convert(option, folder, command, cwd);
  return folder;
}

function addProjectFlags(
  values: Map<string, { value: unknown; origin: Origin }>,
  projectDir: string,
  profilesDir: string | undefined,
  notices: ReadWarning[],
): void {
  const flags = readProjectFlags(projectDir, profilesDir, (warning) => notices.push(warning));
  for (const [name, entry] of values) {
    const value = flags[name];
    if (entry.origin === "default" && value !== undefined && value !== null)
      values.set(name, { value, origin: "project" });
  }
  for (const [name, usual] of Object.entries(behaviorFlags)) {
    const value = flags[name];
    values.set(name, typeof value === "boolean" ? { value, origin: "project" } : { value: usual, origin: "default" });
  }
}

/** `~/.dbt/user_settings.yml`: below everything else. */
function addUserFlags(values: Map<string, { value: unknown; origin: Origin }>, env: NodeJS.ProcessEnv): void {
  const flags = readUserFlags(env);
  for (const [name, entry] of values) {
    const value = flags[name];
    if (entry.origin === "default" && value !== undefined && value !== null)
      values.set(name, { value, origin: "user" });
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** The file's setting follows the console's unless it was given itself. */
function follow(values: Map<string, { value: unknown; origin: Origin }>, lead: string, follower: string): void {
  const leading = values.get(lead);
  if (leading && leading.origin !== "default" && values.get(follower)?.origin === "default")
    values.set(follower, leading);
}

function exclusive(values: Map<string, { value: unknown; origin: Origin }>, command: string, names: string[]): void {
  const given = names.filter((name) => (values.get(name)?.origin ?? "default") !== "default");
  if (given.length > 1) {
    throw usageError(`${given[1]}: not allowed with argument ${given[0]}`, command, "Give one of the two.");
  }
}

function checkEventTimes(values: Map<string, { value: unknown; origin: Origin }>, command: string): void {
  const start = values.get("event_time_start")?.value as string | null | undefined;
  const end = values.get("event_time_end")?.value as string | null | undefined;
  if (!start && !end) return;
  if (!start || !end) {
    const [have, lack] = start
      ? ["--event-time-start", "--event-time-end"]
      : ["--event-time-end", "--event-time-start"];
    throw usageError(
      `The flag \`${have}\` was specified, but \`${lack}\` was not. When specifying \`${have}\`, \`${lack}\` must also be present.`,
      command,
    );
  }
  if (start >= end) throw usageError("Value for `--event-time-start` must be less than `--event-time-end`", command);
}
