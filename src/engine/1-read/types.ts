import type { Place } from "#errors/index.ts";
import type { Plain, PlainRecord } from "../manifest/types.ts";

/** Folders of a project by what lies in them, relative to its root. */
export interface ProjectPaths {
  model: string[];
  seed: string[];
  test: string[];
  analysis: string[];
  macro: string[];
  snapshot: string[];
  docs: string[];
  asset: string[];
  function: string[];
  /** Documents of the Open Semantic Interchange. */
  osi: string[];
  target: string;
  log: string;
  packagesInstall: string;
  clean: string[];
}

/** Config trees as written under `models:`, `seeds:` … of dbt_project.yml. Keys keep their `+`. */
export interface ConfigTrees {
  models: PlainRecord;
  seeds: PlainRecord;
  snapshots: PlainRecord;
  sources: PlainRecord;
  data_tests: PlainRecord;
  unit_tests: PlainRecord;
  analyses: PlainRecord;
  exposures: PlainRecord;
  metrics: PlainRecord;
  "semantic-models": PlainRecord;
  "saved-queries": PlainRecord;
  functions: PlainRecord;
}

/** A dbt_project.yml, rendered and validated. One for the root project and one for each installed package. */
export interface Project {
  name: string;
  /** Absolute folder. */
  root: string;
  /** Absolute path of its dbt_project.yml. */
  file: string;
  version: string | null;
  profile: string | null;
  paths: ProjectPaths;
  trees: ConfigTrees;
  /** The same trees before Jinja was rendered, for state comparison. */
  unrenderedTrees: ConfigTrees;
  /** As written, unrendered: `vars` of dbt_project.yml or vars.yml. */
  vars: PlainRecord;
  quoting: { database?: boolean; schema?: boolean; identifier?: boolean };
  onRunStart: string[];
  onRunEnd: string[];
  dispatch: { macro_namespace: string; search_order: string[] }[];
  queryComment: { comment: string | null; append: boolean; jobLabel: boolean };
  requireDbtVersion: string[];
  restrictAccess: boolean;
  flags: PlainRecord;
  /** `dbt-cloud`, as written. */
  dbtCloud: PlainRecord;
  /** What packages.yml or dependencies.yml lists. */
  declaredPackages: PlainRecord[];
  /** `packages.yml` or `dependencies.yml`. */
  packagesFile: string;
  /** sha256 of the file's text. */
  checksum: string;
}

/** The selected output of profiles.yml, or what the caller gave instead of one. */
export interface Target {
  profileName: string;
  targetName: string;
  threads: number;
  /** Absolute path or ":memory:". */
  path: string;
  /** Catalog name: stem of the path, or "memory". */
  database: string;
  schema: string;
  settings: PlainRecord;
  configOptions: PlainRecord;
  extensions: (string | PlainRecord)[];
  secrets: PlainRecord[];
  attach: PlainRecord[];
  /** Databases among them that never change, by alias in lower case, with the version of what is in them. */
  snapshots?: Record<string, string>;
  plugins: PlainRecord[];
  externalRoot: string;
  disableTransactions: boolean;
  isDucklake: boolean;
  retries: PlainRecord | null;
  /** The output as written and rendered, for what has no field of its own. */
  raw: PlainRecord;
  /** File it came from, undefined when the caller gave it. */
  file?: string;
}

/** One source file of a project. */
export interface SourceFile {
  /** Relative to the project's root, with `/`: `models/gold/x.sql`. */
  path: string;
  /** The configured folder it was found under: `models`. */
  searchPath: string;
  /** Relative to that folder: `gold/x.sql`. */
  relativePath: string;
  contents: string;
  /** Lines that were cut from the top because they are blank: add them to a line of `contents` to get the file's. */
  leadingLines?: number;
  /** Of a seed, once it was asked for. */
  checksum?: { name: string; checksum: string };
}

/** Every file of one project by kind, in dbt's order (sorted by path inside a folder, folders as configured). */
export interface ProjectFiles {
  project: Project;
  macros: SourceFile[];
  models: SourceFile[];
  snapshots: SourceFile[];
  analyses: SourceFile[];
  singularTests: SourceFile[];
  genericTests: SourceFile[];
  /** `contents` is empty for seeds: they may be large. */
  seeds: SourceFile[];
  fixtures: SourceFile[];
  docs: SourceFile[];
  functions: SourceFile[];
  osi: SourceFile[];
  properties: SourceFile[];
}

export interface YamlDocument {
  data: Plain;
  /** Line and column (from 1) of a key path such as `["models", 0, "columns"]`, or of its nearest existing parent. */
  position(path: (string | number)[]): { line: number; column: number };
  /** Keys that stand twice in one mapping; the last one won. */
  duplicates?: { key: string; line: number; column: number }[];
}

/** A warning with dbt's event name and code. */
export interface ReadWarning {
  name: string;
  code: string;
  text: string;
  place?: Place;
}

/** Everything that the read phase knows about a project, before anything was parsed. */
export interface ReadProject {
  root: Project;
  /** Installed packages, in the order of their folders; never includes dbt's own macros. */
  packages: Project[];
  target: Target;
  cliVars: PlainRecord;
  /** What dbt warns about while reading: duplicate keys, deprecated settings. */
  warnings: ReadWarning[];
  /** Parsed selectors.yml, undefined when there is none. */
  selectors?: { file: string; document: YamlDocument };
}
