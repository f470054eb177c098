import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** One dbt command of a project's check. */
export interface Step {
  /** dbt's arguments: `["build", "--full-refresh"]`. */
  args: string[];
  /** A folder in `<project>/.steps/` whose files are copied over the project before the command. */
  overlay?: string;
  /** Files removed before the command. */
  remove?: string[];
  env?: Record<string, string>;
}

/** `oracle.json` beside dbt_project.yml; every key is optional. */
export interface Check {
  steps: Step[];
  /** Columns that differ in every run by nature: `{"main.events": ["loaded_at"]}`; `"*"` names columns of all relations. */
  volatile?: Record<string, string[]>;
  /** Statements run in the empty database before the first step. */
  setup?: string[];
  /** Added to the profile's output: settings, attach, extensions. `{folder}` is the folder of the databases. */
  profile?: Record<string, unknown>;
  /** Databases besides the target's whose relations are compared, relative to the folder of the databases. */
  databases?: string[];
  /** Differences that stay, by `area: what`, each with its reason. They are counted apart. */
  accepted?: Record<string, string>;
  /** Keys of nodes in the manifest that are not compared. */
  ignoreFields?: string[];
  env?: Record<string, string>;
  /** Environment variables given to both sides whose value is the project's copy. */
  folderEnv?: string[];
}

export const defaultCheck: Check = { steps: [{ args: ["build"] }] };

export function readCheck(project: string): Check {
  const path = join(project, "oracle.json");
  if (!existsSync(path)) return defaultCheck;
  return { ...defaultCheck, ...(JSON.parse(readFileSync(path, "utf8")) as Partial<Check>) };
}

/** A copy of a project for one side, with its own database and a profile of the same shape. */
export interface Copy {
  project: string;
  profiles: string;
  databases: string;
  database: string;
}

const leaveOut = new Set([".git", "target", "logs", ".judges", "node_modules", ".venv", "profiles.yml", ".user.yml"]);

/** Both sides get the same stem, schema and thread count, so that every rendered name is the same text. */
export function copyProject(project: string, folder: string, check: Check, threads: number): Copy {
  rmSync(folder, { recursive: true, force: true });
  const copy: Copy = {
    project: join(folder, "project"),
    profiles: join(folder, "profiles"),
    databases: join(folder, "db"),
    database: join(folder, "db/oracle.duckdb"),
  };
  for (const path of [copy.profiles, copy.databases]) mkdirSync(path, { recursive: true });
  cpSync(project, copy.project, {
    recursive: true,
    filter: (path) => path === project || !leaveOut.has(basename(path)),
    verbatimSymlinks: true,
  });
  const names = profileNames(project);
  const extra = JSON.parse(JSON.stringify(check.profile ?? {}).replaceAll("{folder}", copy.databases)) as Record<
    string,
    unknown
  >;
  const output = { type: "duckdb", path: copy.database, schema: "main", threads, ...extra };
  const profile = Object.fromEntries(names.map((name) => [name, { target: "dev", outputs: { dev: output } }]));
  writeFileSync(join(copy.profiles, "profiles.yml"), JSON.stringify(profile, null, 2));
  return copy;
}

/** The name of the profile that dbt_project.yml asks for, read without a YAML parser: both sides judge the file itself. */
function profileNames(project: string): string[] {
  const text = readFileSync(join(project, "dbt_project.yml"), "utf8");
  const names = [...text.matchAll(/^profile:\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$/gm)].map((m) =>
    (m[1] as string).trim(),
  );
  return names.length > 0 ? names : ["default"];
}

export function applyOverlay(project: string, copy: Copy, step: Step): void {
  for (const path of step.remove ?? []) rmSync(join(copy.project, path), { recursive: true, force: true });
  if (step.overlay !== undefined)
    cpSync(join(project, ".steps", step.overlay), copy.project, { recursive: true, force: true });
}
