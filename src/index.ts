/**
 * A workspace of labs as a library: typed labs and paths, runs, the inspector and the CSV monitor.
 *
 * ```ts
 * import { openWorkspace } from "buildcpg-labs";
 *
 * const workspace = openWorkspace(".");
 * const lab = workspace.lab("lab1_sales_performance");
 * const result = await lab.run();
 * console.log(result.status, result.quality?.score);
 * ```
 */
import { join } from "node:path";
import { openDatabase } from "#duck/index.ts";
import { CsvMonitor } from "#ingest/index.ts";
import { runLab, testLab, type LabRunResult, type RunLabOptions } from "#pipeline/index.ts";
import { DataInspector, type Inspection, type InspectOptions } from "#quality/index.ts";
import { acquireLabLock, openRegistry, type Lab, type Workspace } from "#registry/index.ts";

export { LabsError, isLabsError, errorToJson, renderError } from "#errors/index.ts";
export { openDatabase } from "#duck/index.ts";
export type { Connection, Database } from "#duck/index.ts";
export { CsvMonitor } from "#ingest/index.ts";
export type { CsvCheck, CsvMonitorOptions, FileResult } from "#ingest/index.ts";
export { DataInspector } from "#quality/index.ts";
export type { ColumnProfile, Inspection, InspectOptions, LabQuality, TableProfile } from "#quality/index.ts";
export type { LabEvent, LabRunResult, NodeOutcome, RunLabOptions, StepName, StepOutcome } from "#pipeline/index.ts";
export type { LabPaths, LabStatus } from "#registry/index.ts";

/** One lab of an opened workspace. */
export interface OpenLab extends Pick<Lab, "name" | "status" | "maintainer" | "description" | "paths" | "config"> {
  /**
   * check → load → transform → inspect, in this process; builds of several labs take turns in it (`labs run` gives each a
   * process of its own). What data or project did wrong is in the result.
   * Errors: REG-014 when somebody holds the lab and `wait` is false, and those of a wrong configuration.
   */
  run(options?: RunLabOptions): Promise<LabRunResult>;
  /** Runs the lab's dbt tests on its tables as they are; true when none failed. */
  test(options?: RunLabOptions): Promise<{ success: boolean; nodes: LabRunResult["nodes"] }>;
  /** Profiles tables of the lab's database. Waits while somebody works on the lab. Errors: DUCK-001 when there is no database yet. */
  inspect(options?: InspectOptions): Promise<Inspection>;
  /** A monitor of CSV files that remembers what it saw in the workspace's state folder. */
  csvMonitor(): CsvMonitor;
}

export interface OpenWorkspace {
  /** Absolute. */
  readonly root: string;
  readonly labs: OpenLab[];
  /** Errors: REG-002 with "did you mean". */
  lab(name: string): OpenLab;
}

/** Opens the workspace at or above a folder. Errors: REG-001 when there is none, REG-003 and REG-004 when its registry is wrong. */
export function openWorkspace(folder = "."): OpenWorkspace {
  const workspace = openRegistry(folder);
  return {
    root: workspace.root,
    get labs() {
      return workspace.labs.map((lab) => openLab(workspace, lab));
    },
    lab: (name) => openLab(workspace, workspace.lab(name)),
  };
}

function openLab(workspace: Workspace, lab: Lab): OpenLab {
  return {
    name: lab.name,
    status: lab.status,
    maintainer: lab.maintainer,
    description: lab.description,
    paths: lab.paths,
    get config() {
      return lab.config;
    },
    run: (options) => runLab(workspace, lab, { trigger: "api", command: "openWorkspace().lab().run()", ...options }),
    test: (options) => testLab(workspace, lab, { command: "openWorkspace().lab().test()", ...options }),
    inspect: (options) => inspect(lab, options),
    csvMonitor: () => new CsvMonitor({ state: join(workspace.state, `${lab.name}.monitor.json`) }),
  };
}

async function inspect(lab: Lab, options: InspectOptions = {}): Promise<Inspection> {
  const lock = await acquireLabLock(lab, { command: "openWorkspace().lab().inspect()" });
  try {
    const database = await openDatabase(lab.paths.database, {
      readOnly: true,
      config: { file_search_path: lab.paths.dbtProject },
    });
    try {
      const connection = await database.connect();
      return await new DataInspector(connection).inspect(options);
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
