/** One option of dbt's command line, as data: the parser, the settings and `--help` all come from it. */
export interface DbtOption {
  /** dbt's name of it, as in the `args` of run_results.json. */
  name: string;
  /** `--select`, `-s`; the first long one is the name in messages. */
  flags: string[];
  /** The form that says no: `--no-defer`. */
  negative?: string;
  /** `multi` takes every following word up to the next option. */
  kind: "switch" | "text" | "integer" | "path" | "choice" | "multi" | "yaml" | "date" | "package";
  choices?: string[];
  /** `exists`: must be there; `folder`: and be a folder. */
  must?: "exists" | "folder";
  /** Environment variables, first one wins. */
  env: string[];
  default?: unknown;
  help: string;
  hidden?: boolean;
}

type Extra = Partial<Pick<DbtOption, "default" | "choices" | "must" | "hidden">> & { env?: "engine" | "none" | string };

function option(name: string, flags: string, kind: DbtOption["kind"], help: string, extra: Extra = {}): DbtOption {
  const list = flags.split(" ");
  const negative = list.find((flag) => flag.startsWith("--no-") || flag.startsWith("--deprecated-no-"));
  const variable =
    typeof extra.env === "string" && !["engine", "none"].includes(extra.env) ? extra.env : name.toUpperCase();
  const env =
    extra.env === "none"
      ? []
      : extra.env === "engine"
        ? [`DBT_ENGINE_${variable}`]
        : [`DBT_ENGINE_${variable}`, `DBT_${variable}`];
  const { env: _, ...rest } = extra;
  return {
    name,
    flags: list.filter((flag) => flag !== negative),
    kind,
    env,
    help,
    ...(negative && { negative }),
    ...rest,
  };
}

const onOff = (name: string, help: string, extra: Extra = {}, short = ""): DbtOption => {
  const long = name.replaceAll("_", "-");
  return option(name, `--${long}${short && ` ${short}`} --no-${long}`, "switch", help, { default: false, ...extra });
};

const logLevels = ["debug", "info", "warn", "error", "none"];
const logFormats = ["text", "debug", "json", "default"];

/** Options that stand before or after any command. */
export const globalOptions: DbtOption[] = [
  onOff("cache_selected_only", "Look up existing relations only in the schemas of selected nodes."),
  onOff("debug", "Print debug messages.", {}, "-d"),
  onOff("defer", "Take unselected nodes from the manifest in --state."),
  option("deprecated_defer", "--deprecated-defer", "switch", "", {
    env: "DEFER_TO_STATE",
    default: false,
    hidden: true,
  }),
  option("defer_state", "--defer-state", "path", "Another state folder for deferral alone.", { must: "folder" }),
  option("deprecated_favor_state", "--deprecated-favor-state", "text", "", { env: "FAVOR_STATE_MODE", hidden: true }),
  option("deprecated_print", "--deprecated-print --deprecated-no-print", "switch", "", {
    env: "NO_PRINT",
    default: true,
    hidden: true,
  }),
  option("deprecated_state", "--deprecated-state", "path", "", { env: "ARTIFACT_STATE_PATH", hidden: true }),
  onOff("fail_fast", "Stop at the first failure.", {}, "-x"),
  onOff("favor_state", "With --defer, prefer the state's relations even where own ones exist."),
  onOff("hints_enabled", "Accepted; no hints are printed.", { env: "engine", default: true }),
  option("indirect_selection", "--indirect-selection", "choice", "Which tests come along with selected nodes.", {
    choices: ["eager", "cautious", "buildable", "empty"],
    default: "eager",
  }),
  onOff("log_cache_events", "Log what happens in the relation cache."),
  option("log_file_max_bytes", "--log-file-max-bytes", "integer", "Size at which dbt.log is rotated.", {
    default: 10_485_760,
    hidden: true,
  }),
  option("log_format", "--log-format", "choice", "Format of the console log.", {
    choices: logFormats,
    default: "default",
  }),
  option("log_format_file", "--log-format-file", "choice", "Format of the log file.", {
    choices: logFormats,
    default: "debug",
  }),
  option("log_level", "--log-level", "choice", "Least level printed.", { choices: logLevels, default: "info" }),
  option("log_level_file", "--log-level-file", "choice", "Least level in the log file.", {
    choices: logLevels,
    default: "debug",
  }),
  option("log_path", "--log-path", "path", "Folder of dbt.log."),
  onOff("macro_debugging", "Accepted; errors always show the macro stack.", { hidden: true }),
  option(
    "maximum_seed_size_mib",
    "--maximum-seed-size-mib",
    "integer",
    "Seeds above this size are compared by path, not content; 0 means no limit.",
    {
      env: "engine",
      default: 1,
    },
  ),
  onOff("partial_parse", "Use the last parse when nothing has changed since.", { default: true }),
  option("partial_parse_file_path", "--partial-parse-file-path", "path", "", { hidden: true, must: "exists" }),
  onOff("partial_parse_file_diff", "", { default: true, hidden: true }),
  onOff("populate_cache", "Look up existing relations at the start.", { default: true }),
  onOff("print", "Show what print() prints.", { default: true }),
  option("printer_width", "--printer-width", "integer", "Width of progress lines.", { default: 80 }),
  option("profile", "--profile", "text", "Profile to use instead of the project's."),
  onOff("quiet", "Print errors and results only.", {}, "-q"),
  option("record_timing_info", "--record-timing-info -r", "path", "Accepted; nothing is recorded.", { env: "none" }),
  onOff("send_anonymous_usage_stats", "Accepted; nothing is ever sent.", { default: true }),
  onOff("single_threaded", "", { hidden: true }),
  onOff("snowflake_projects_otel", "", { env: "engine", hidden: true }),
  onOff("show_all_deprecations", "Print every deprecation, not each kind once.", { env: "none" }),
  option("state", "--state", "path", "Folder with the artifacts to compare with and to defer to.", { must: "folder" }),
  onOff("static_parser", "Accepted; it changes nothing here.", { default: true }),
  option("target", "--target -t", "text", "Target of the profile."),
  onOff("use_colors", "Colours on the console.", { default: true }),
  onOff("use_colors_file", "Colours in the log file.", { default: true }),
  onOff("use_experimental_parser", "Accepted; it changes nothing here."),
  onOff("use_v2_parser", "", { env: "engine", hidden: true }),
  option("v2_parser", "--v2-parser", "text", "", {
    env: "engine",
    default: "dbt-core-experimental-parser parse",
    hidden: true,
  }),
  option("version", "--version -V -v", "switch", "Print versions and exit.", { env: "none" }),
  onOff("version_check", "Check require-dbt-version.", { default: true }),
  option("warn_error", "--warn-error", "switch", "Turn every warning into an error."),
  option(
    "warn_error_options",
    "--warn-error-options",
    "yaml",
    "Which warnings become errors: '{error: all, warn: [Name], silence: [Name]}'.",
  ),
  onOff("write_json", "Write artifacts into the target folder.", { default: true }),
  onOff("use_fast_test_edges", "", { hidden: true }),
  onOff("upload_to_artifacts_ingest_api", "", { hidden: true }),
];

const resourceTypes = [
  "metric",
  "semantic_model",
  "saved_query",
  "source",
  "analysis",
  "function",
  "model",
  "test",
  "unit_test",
  "exposure",
  "snapshot",
  "seed",
  "default",
];
const listSelect = option("select", "-s --select", "multi", "Nodes to include, in dbt's selection grammar.", {
  env: "none",
});

const named = {
  empty: onOff("empty", "Build with zero rows from every input."),
  event_time_start: option("event_time_start", "--event-time-start", "date", "Start of the microbatch window (UTC)."),
  event_time_end: option("event_time_end", "--event-time-end", "date", "End of the microbatch window (UTC)."),
  exclude: option("exclude", "--exclude", "multi", "Nodes to leave out.", { env: "none" }),
  export_saved_queries: onOff("export_saved_queries", "", { hidden: true }),
  full_refresh: option(
    "full_refresh",
    "--full-refresh -f",
    "switch",
    "Rebuild incremental models and seeds from nothing.",
    { default: false },
  ),
  include_saved_query: onOff("include_saved_query", "", { hidden: true }),
  profiles_dir: option("profiles_dir", "--profiles-dir", "path", "Folder of profiles.yml.", { must: "exists" }),
  project_dir: option("project_dir", "--project-dir", "path", "Folder of dbt_project.yml.", { must: "exists" }),
  resource_types: option(
    "resource_types",
    "--resource-types --resource-type",
    "multi",
    "Only these kinds of resources.",
    { choices: [...resourceTypes, "all"] },
  ),
  exclude_resource_types: option(
    "exclude_resource_types",
    "--exclude-resource-types --exclude-resource-type",
    "multi",
    "All but these kinds of resources.",
    {
      choices: resourceTypes,
    },
  ),
  sqlparse: option("sqlparse", "--sqlparse", "yaml", "Accepted; it changes nothing here.", {
    env: "engine",
    hidden: true,
    default: { MAX_GROUPING_DEPTH: null, MAX_GROUPING_TOKENS: null },
  }),
  sample: option(
    "sample",
    "--sample",
    "text",
    "Build from a sample window of the inputs: '3 days' or '{start: …, end: …}'.",
  ),
  select: option(
    "select",
    "-s --select -m --models --model",
    "multi",
    "Nodes to include, in dbt's selection grammar.",
    { env: "none" },
  ),
  selector: option("selector", "--selector", "text", "A selector of selectors.yml.", { env: "none" }),
  show: option("show", "--show", "switch", "Print a sample of the loaded rows.", { env: "none", default: false }),
  store_failures: option(
    "store_failures",
    "--store-failures",
    "switch",
    "Keep the rows that fail a test in the database.",
    { default: false },
  ),
  target_path: option("target_path", "--target-path", "path", "Folder of artifacts."),
  threads: option("threads", "--threads", "integer", "Nodes that run at the same time.", { env: "none" }),
  vars: option("vars", "--vars", "yaml", "Variables of the project as a YAML mapping: '{name: value}'.", {
    env: "none",
    default: {},
  }),
  clean_project_files_only: onOff("clean_project_files_only", "Refuse to delete anything outside the project.", {
    default: true,
  }),
  compile: onOff("compile", "Compile the project first.", { env: "none", default: true }),
  empty_catalog: option("empty_catalog", "--empty-catalog", "switch", "Write a catalog without asking the database.", {
    env: "none",
    default: false,
  }),
  static: option("static", "--static", "switch", "Write one page that opens without a server.", {
    env: "none",
    default: false,
  }),
  browser: onOff("browser", "Open a browser.", { env: "none", default: true }),
  host: option("host", "--host", "text", "Address to serve on.", { default: "127.0.0.1" }),
  port: option("port", "--port", "integer", "Port to serve on.", { env: "none", default: 8080 }),
  output: option("output", "--output", "choice", "Format of the output.", {
    env: "none",
    choices: ["json", "text"],
    default: "text",
  }),
  list_output: option("output", "--output", "choice", "Format of the output.", {
    env: "none",
    choices: ["json", "name", "path", "selector"],
    default: "selector",
  }),
  freshness_output: option("output", "--output -o", "path", "File for the results instead of target/sources.json.", {
    env: "none",
  }),
  output_keys: option("output_keys", "--output-keys", "multi", "Keys to print with --output json.", { env: "none" }),
  introspect: onOff("introspect", "Allow queries while compiling.", { default: true }),
  inline: option("inline", "--inline", "text", "A SQL text instead of a model.", { env: "none" }),
  inline_direct: option("inline_direct", "--inline-direct", "text", "SQL to run as it stands.", {
    env: "none",
    hidden: true,
  }),
  inject_ephemeral_ctes: onOff("inject_ephemeral_ctes", "", { env: "none", default: true, hidden: true }),
  limit: option("limit", "--limit", "integer", "Rows to show; -1 shows all.", { env: "none", default: 5 }),
  connection: option("connection", "--connection", "switch", "Test the connection only.", { env: "none" }),
  config_dir: option("config_dir", "--config-dir", "switch", "Print where profiles.yml lies.", { env: "none" }),
  source: option("source", "--source", "choice", "Where --add-package gets the package from.", {
    env: "none",
    choices: ["hub", "git", "local"],
    default: "hub",
  }),
  lock: option("lock", "--lock", "switch", "Write package-lock.yml, install nothing.", { env: "none", default: false }),
  upgrade: option("upgrade", "--upgrade", "switch", "Resolve versions anew.", { env: "none", default: false }),
  add_package: option(
    "add_package",
    "--add-package",
    "package",
    "Add a package to packages.yml: name or name@version.",
    { env: "none" },
  ),
  args: option("args", "--args", "yaml", "Arguments of the macro as a YAML mapping.", { env: "none", default: {} }),
  sql: option("sql", "--sql", "text", "SQL to run instead of a macro.", { env: "none" }),
  changed: option(
    "changed",
    "--changed",
    "switch",
    "Skip nodes whose SQL, config and inputs are those of the last run (not in dbt).",
    { env: "none", default: false },
  ),
  explain: option("explain", "--explain", "switch", "Say why each node runs or is skipped (not in dbt).", {
    env: "none",
    default: false,
  }),
};

type Name = keyof typeof named;
const pick = (...names: Name[]): DbtOption[] => names.map((name) => named[name]);

const project: Name[] = ["profiles_dir", "project_dir", "target_path", "vars"];
const selection: Name[] = ["exclude", "select", "selector"];
const types: Name[] = ["resource_types", "exclude_resource_types"];
const ours: Name[] = ["changed", "explain"];

export interface DbtCommand {
  help: string;
  options: DbtOption[];
  /** Words that are no options: the macro of run-operation. */
  positional?: { name: string; required: boolean }[];
}

const list: DbtCommand = {
  help: "List the resources of the project",
  options: [
    ...pick("exclude", "list_output", "output_keys", "selector", ...types, ...project),
    listSelect,
    option("models", "-m --models --model", "multi", "The same as --select with --resource-type model.", {
      env: "none",
    }),
  ],
};

const freshness: DbtCommand = {
  help: "Check how old the rows of sources are",
  options: pick("freshness_output", "sqlparse", "threads", ...selection, ...project),
};

/** dbt's commands with the options that each takes beside the global ones. Source of behaviour: dbt-core cli/main.py. */
export const commands: Record<string, DbtCommand> = {
  build: {
    help: "Seed, snapshot, run and test everything in graph order",
    options: pick(
      "empty",
      "event_time_start",
      "event_time_end",
      "export_saved_queries",
      "full_refresh",
      "include_saved_query",
      "sqlparse",
      "sample",
      "show",
      "store_failures",
      "threads",
      ...types,
      ...selection,
      ...project,
      ...ours,
    ),
  },
  clean: {
    help: "Delete the folders listed under clean-targets",
    options: pick("clean_project_files_only", ...project),
  },
  clone: {
    help: "Create relations that point at those of --state",
    options: pick("full_refresh", "threads", ...types, ...selection, ...project),
  },
  compile: {
    help: "Write the SQL of models and tests into the target folder without running it",
    options: pick(
      "empty",
      "full_refresh",
      "introspect",
      "inline",
      "inject_ephemeral_ctes",
      "output",
      "sqlparse",
      "threads",
      ...selection,
      ...project,
    ),
  },
  debug: {
    help: "Check the profile, the project and the connection",
    options: pick("connection", "config_dir", "profiles_dir", "project_dir", "vars"),
  },
  deps: {
    help: "Install the packages of packages.yml",
    options: pick("lock", "upgrade", "add_package", "source", "profiles_dir", "project_dir", "vars"),
  },
  "docs generate": {
    help: "Write the catalog and the documentation",
    options: pick("compile", "empty_catalog", "static", "sqlparse", "threads", ...selection, ...project),
  },
  "docs serve": { help: "Serve the documentation", options: pick("browser", "host", "port", ...project) },
  init: {
    help: "Create a dbt project",
    options: pick("profiles_dir", "project_dir", "vars"),
    positional: [{ name: "project_name", required: false }],
  },
  list,
  ls: list,
  parse: { help: "Read and check the project", options: pick("threads", ...project) },
  retry: {
    help: "Run again what failed or was skipped last time",
    options: pick("full_refresh", "threads", ...project),
  },
  run: {
    help: "Build models",
    options: pick(
      "empty",
      "event_time_start",
      "event_time_end",
      "full_refresh",
      "sqlparse",
      "sample",
      "threads",
      ...selection,
      ...project,
      ...ours,
    ),
  },
  "run-operation": {
    help: "Call a macro",
    options: pick("args", "sql", "threads", ...project),
    positional: [{ name: "macro", required: false }],
  },
  seed: {
    help: "Load CSV files",
    options: pick("empty", "full_refresh", "show", "sqlparse", "threads", ...selection, ...project),
  },
  show: {
    help: "Show the first rows of a model or of a query",
    options: pick(
      "full_refresh",
      "inline",
      "inline_direct",
      "introspect",
      "limit",
      "output",
      "sqlparse",
      "threads",
      ...selection,
      ...project,
    ),
  },
  snapshot: {
    help: "Record changes of mutable tables",
    options: pick("empty", "sqlparse", "threads", ...selection, ...project),
  },
  "source freshness": freshness,
  "source snapshot-freshness": freshness,
  test: {
    help: "Run tests",
    options: pick("sqlparse", "store_failures", "threads", ...types, ...selection, ...project),
  },
};

/** Commands that only group others. */
export const groups: Record<string, string> = {
  docs: "Generate or serve the documentation",
  source: "Work with sources",
};
