import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Place } from "#errors/index.ts";
import { registryErrors } from "./errors.ts";
import { type LabConfig, readLabConfig } from "./lab-config.ts";
import { mergeQuality, readWorkspaceQuality } from "./quality-config.ts";
import type { LabEntry, LabStatus } from "./schemas/workspace.ts";

/** Every path of a lab, absolute. */
export interface LabPaths {
  /** The lab's folder. */
  root: string;
  /** `lab.yml`; may be missing. */
  config: string;
  /** The lab's DuckDB file. Never open it through `fs` in the process that owns it. */
  database: string;
  /** The folder that holds dbt_project.yml; the configured one when neither place has it. */
  dbtProject: string;
  /** Where raw files are dropped. */
  raw: string;
  /** Where a profiles.yml may lie, in the order they are asked. */
  profiles: string[];
  /** SQLite file whose exclusive lock is the lab's lock. */
  lock: string;
  /** JSON beside it that says who holds the lab. */
  holder: string;
}

/** One lab of a workspace. Reading it touches no file but the test for dbt_project.yml; `config` reads `lab.yml` when asked. */
export class Lab {
  readonly name: string;
  readonly status: LabStatus;
  readonly maintainer: string | undefined;
  readonly description: string | undefined;
  readonly createdDate: string | undefined;
  readonly tags: readonly string[];
  readonly paths: LabPaths;
  /** Where the registry declares it. */
  readonly place: Place;
  readonly #workspace: string;
  #config: LabConfig | undefined;

  constructor(name: string, entry: LabEntry, workspace: { root: string; state: string }, place: Place) {
    this.name = name;
    this.#workspace = workspace.root;
    this.status = entry.status ?? "active";
    this.maintainer = entry.maintainer ?? undefined;
    this.description = entry.description ?? undefined;
    this.createdDate = entry.created_date ?? undefined;
    this.tags = entry.tags ?? [];
    this.place = place;
    const root = resolve(workspace.root, entry.path ?? name);
    const dbt = entry.dbt_path === undefined ? join(root, "dbt") : resolve(workspace.root, entry.dbt_path);
    const dbtProject = [dbt, root].find((folder) => existsSync(join(folder, "dbt_project.yml"))) ?? dbt;
    const profiles = process.env["DBT_PROFILES_DIR"];
    this.paths = {
      root,
      config: join(root, "lab.yml"),
      database:
        entry.db_path === undefined ? join(root, "data", `${name}.duckdb`) : resolve(workspace.root, entry.db_path),
      dbtProject,
      raw: entry.raw_data_path === undefined ? join(root, "data", "raw") : resolve(workspace.root, entry.raw_data_path),
      profiles: [...(profiles ? [resolve(profiles)] : []), join(root, ".dbt"), dbtProject],
      lock: join(workspace.state, "locks", `${name}.lock.db`),
      holder: join(workspace.state, "locks", `${name}.holder.json`),
    };
  }

  /** `lab.yml` over the workspace's `quality.yml`, with its defaults; read once. Errors: REG-003, REG-004, REG-005, REG-012. */
  get config(): LabConfig {
    if (this.#config) return this.#config;
    const own = readLabConfig(this.paths.config);
    this.#config = { ...own, quality: mergeQuality(readWorkspaceQuality(this.#workspace), own.quality) };
    return this.#config;
  }

  /** Whether dbt_project.yml exists, in `dbt_path` or in the lab's folder. */
  get hasProject(): boolean {
    return existsSync(join(this.paths.dbtProject, "dbt_project.yml"));
  }

  /** The folder of dbt_project.yml. Errors: REG-009 no lab folder, REG-017 no project. */
  requireProject(): string {
    if (!existsSync(this.paths.root)) {
      throw registryErrors.folderMissing({
        message: `The folder of the lab ${this.name} does not exist: ${this.paths.root}.`,
        place: this.place,
        hint: "Correct `path` in the registry, or restore the folder.",
      });
    }
    if (!this.hasProject) {
      throw registryErrors.noProject({
        message: `The lab ${this.name} has no dbt_project.yml in ${this.paths.dbtProject} nor in ${this.paths.root}.`,
        place: this.place,
        hint: "Correct `dbt_path` in the registry, or create the dbt project.",
      });
    }
    return this.paths.dbtProject;
  }

  /** For whatever writes to the lab: refuses an archived one. A paused lab runs when it is named. Errors: REG-021. */
  requireRunnable(): void {
    if (this.status !== "archived") return;
    throw registryErrors.labArchived({
      message: `The lab ${this.name} is archived and is not run.`,
      place: this.place,
      hint: "Set `status: active` in the registry to run it again.",
    });
  }
}
