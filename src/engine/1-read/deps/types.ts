import type { Scope } from "#jinja/index.ts";
import type { PlainRecord } from "../../manifest/types.ts";

/** What `deps` tells while it works, with dbt's event names. */
export interface DepsEvent {
  name: string;
  code: string;
  level: "info" | "warn" | "debug";
  text: string;
  data?: PlainRecord;
}

/** One package whose version is decided. */
export interface Pinned {
  kind: "local" | "git" | "hub" | "tarball";
  /** As `Installing …` names it. */
  label: string;
  /** Behind `Installed from`. */
  source: string;
  /** Name in its dbt_project.yml: the folder it is installed as. */
  projectName: string;
  /** Its entry in package-lock.yml, without `name`. */
  entry: PlainRecord;
  subdirectory?: string;
  version?: string;
  /** Newest version on the hub that fits this dbt. */
  latest?: string;
  /** What it needs itself, rendered, each with its text before rendering. */
  dependencies: Declared[];
  /** Puts the package at `folder`, which does not exist yet. */
  install(folder: string): Promise<void>;
}

/** An entry of packages.yml: rendered, and as written. */
export interface Declared {
  entry: PlainRecord;
  unrendered: PlainRecord;
}

export interface DepsContext {
  /** Folder of the root project. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** For packages.yml of packages. */
  scope: Scope;
  versionCheck: boolean;
  /** Folder for clones and archives, deleted at the end. */
  downloads: string;
  /** Packages that are installed now, by project name: used again when the network is away. */
  installed: Map<string, string>;
  report(event: DepsEvent): void;
  fetch: typeof fetch;
}
