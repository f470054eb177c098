import type { PlainRecord } from "./manifest/types.ts";

/** Commands of dbt that the engine carries out. */
export type Command =
  | "run"
  | "build"
  | "test"
  | "seed"
  | "snapshot"
  | "compile"
  | "show"
  | "parse"
  | "list"
  | "source freshness"
  | "docs generate"
  | "run-operation"
  | "retry"
  | "clone"
  | "deps"
  | "clean"
  | "debug";

/** One invocation's settings: dbt's flags under their long names, environment and project flags already merged in. */
export interface Flags {
  command: Command;
  projectDir: string;
  profilesDir?: string;
  profile?: string;
  target?: string;
  targetPath?: string;
  logPath?: string;
  packagesInstallPath?: string;
  threads?: number;
  vars: PlainRecord;
  /** Each entry one `--select` argument; spaces inside mean union. */
  select: string[];
  exclude: string[];
  /** Exactly these nodes: what `retry` runs again. Selection is not asked. */
  onlyIds?: string[];
  /** Of microbatch models only these batches, by unique id: start and end as ISO text. */
  retryBatches?: Record<string, [string, string][]>;
  selector?: string;
  resourceTypes: string[];
  excludeResourceTypes: string[];
  indirectSelection: "eager" | "cautious" | "buildable" | "empty";
  state?: string;
  defer: boolean;
  deferState?: string;
  favorState: boolean;
  fullRefresh: boolean;
  failFast: boolean;
  storeFailures?: boolean;
  empty: boolean;
  sample?: string;
  eventTimeStart?: string;
  eventTimeEnd?: string;
  warnError: boolean;
  warnErrorOptions?: PlainRecord;
  writeJson: boolean;
  /** false: the project is parsed anew whatever an earlier parse left. Default: true. */
  partialParse?: boolean;
  versionCheck: boolean;
  populateCache: boolean;
  cacheSelectedOnly: boolean;
  introspect: boolean;
  /** false: compiled SQL refers to ephemeral models without bringing them along. */
  injectEphemeralCtes: boolean;
  /** seed --show */
  show: boolean;
  /** show, compile */
  inline?: string;
  limit: number;
  output: "text" | "json" | "selector" | "name" | "path";
  outputKeys: string[];
  /** run-operation */
  macro?: string;
  macroArgs: PlainRecord;
  /** docs generate */
  compileDocs: boolean;
  emptyCatalog: boolean;
  staticDocs: boolean;
  /** source freshness */
  outputPath?: string;
  /** `--changed`: skip nodes whose inputs, SQL and config are those of the last successful run. */
  changed: boolean;
  explain: boolean;
  debug: boolean;
  quiet: boolean;
  /** Everything as dbt records it under `args` of run_results.json, and `invocation_command`. */
  invocationArgs: PlainRecord;
}
