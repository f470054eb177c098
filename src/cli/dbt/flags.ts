import type { Command, Flags } from "#engine/index.ts";
import type { Settings } from "./settings.ts";
import { usageError } from "./errors.ts";

/** `ls` and `source snapshot-freshness` are other names of commands. */
const aliases: Record<string, Command> = { ls: "list", "source snapshot-freshness": "source freshness" };

/** The engine's flags of one invocation. `words` are the words after `dbt`, for `invocation_command`. Errors: DBT-001. */
export function toFlags(settings: Settings, words: string[]): Flags {
  const command = aliases[settings.command] ?? (settings.command as Command);
  const { select, resourceTypes } = selection(settings, command);
  const freshness = command === "source freshness";
  return {
    command,
    projectDir: settings.projectDir,
    profilesDir: settings.profilesDir,
    profile: settings.text("profile"),
    target: settings.text("target"),
    targetPath: settings.text("target_path"),
    logPath: settings.text("log_path"),
    threads: settings.on("single_threaded") ? 1 : settings.integer("threads"),
    vars: settings.record("vars"),
    select,
    exclude: settings.list("exclude"),
    selector: settings.text("selector"),
    resourceTypes,
    excludeResourceTypes: settings.list("exclude_resource_types"),
    indirectSelection: settings.text("indirect_selection") as Flags["indirectSelection"],
    state: settings.text("state"),
    defer: settings.on("defer"),
    deferState: settings.text("defer_state"),
    favorState: settings.on("favor_state"),
    fullRefresh: settings.on("full_refresh"),
    failFast: settings.on("fail_fast"),
    storeFailures: settings.given("store_failures") ? settings.on("store_failures") : undefined,
    empty: settings.on("empty"),
    sample: settings.text("sample"),
    eventTimeStart: settings.text("event_time_start"),
    eventTimeEnd: settings.text("event_time_end"),
    warnError: settings.on("warn_error"),
    warnErrorOptions: settings.warnErrorOptions,
    writeJson: settings.on("write_json"),
    partialParse: settings.on("partial_parse"),
    versionCheck: settings.on("version_check"),
    populateCache: settings.on("populate_cache"),
    cacheSelectedOnly: settings.on("cache_selected_only"),
    introspect: settings.get("introspect") !== false,
    injectEphemeralCtes: settings.get("inject_ephemeral_ctes") !== false,
    show: settings.on("show"),
    inline: settings.text("inline") ?? settings.text("inline_direct") ?? settings.text("sql"),
    limit: settings.integer("limit") ?? 5,
    output: (freshness ? "text" : (settings.text("output") ?? "text")) as Flags["output"],
    outputKeys: settings.list("output_keys").flatMap((keys) => keys.split(/\s+/)),
    macro: settings.positional[0],
    macroArgs: settings.record("args"),
    compileDocs: settings.get("compile") !== false,
    emptyCatalog: settings.on("empty_catalog"),
    staticDocs: settings.on("static"),
    outputPath: freshness ? settings.text("output") : undefined,
    changed: settings.on("changed"),
    explain: settings.on("explain"),
    debug: settings.on("debug"),
    quiet: settings.on("quiet"),
    invocationArgs: invocationArgs(settings, words),
  };
}

function selection(settings: Settings, command: Command): { select: string[]; resourceTypes: string[] } {
  const select = settings.list("select");
  const resourceTypes = settings.list("resource_types");
  const models = command === "list" ? settings.list("models") : [];
  if (models.length === 0) return { select, resourceTypes };
  for (const [other, values] of [
    ["select", select],
    ["resource_type", resourceTypes],
  ] as const) {
    if (values.length > 0)
      throw usageError(`"models" and "${other}" are mutually exclusive arguments`, settings.command);
  }
  return { select: models, resourceTypes: ["model"] };
}

/** Absent from the record of an invocation while they are off. Source: dbt-core utils args_to_dict. */
const onlyWhenOn = new Set([
  "debug",
  "full_refresh",
  "fail_fast",
  "warn_error",
  "single_threaded",
  "log_cache_events",
  "store_failures",
  "use_experimental_parser",
]);
/** Options that dbt does not have, or that are no setting. */
const notRecorded = new Set(["version", "changed", "explain", "models"]);

function invocationArgs(settings: Settings, words: string[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const [name, value] of settings.entries()) {
    if (value === null || value === undefined || notRecorded.has(name)) continue;
    if (onlyWhenOn.has(name) && value === false) continue;
    args[name] = value;
  }
  return {
    ...args,
    show_resource_report: false,
    strict_mode: false,
    introspect: settings.get("introspect") ?? true,
    warn_error_options: settings.warnErrorOptions,
    project_dir: settings.projectDir,
    ...(settings.profilesDir === undefined ? {} : { profiles_dir: settings.profilesDir }),
    log_path: settings.text("log_path") ?? `${settings.projectDir}/logs`,
    which: settings.command.split(" ").at(-1),
    ...(settings.command === "run-operation" && settings.positional[0] !== undefined
      ? { macro: settings.positional[0] }
      : {}),
    invocation_command: ["dbt", ...words].join(" "),
  };
}
