import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, parse, resolve } from "node:path";
import { isLabsError, type LabsError, type Place } from "#errors/index.ts";
import { requireSoundDependencies } from "./dependencies.ts";
import { guardFor, ownerOf } from "./guard.ts";
import type { Lab } from "./lab.ts";
import { describeHolder, labHolder, leftoverHolder } from "./lock.ts";
import { isReservedDatabase } from "./reserved-names.ts";
import { profileDatabases } from "./profile-check.ts";
import { requiredVariables } from "./records-config.ts";
import { KnownFiles, sameFile } from "./real-path.ts";
import type { Workspace } from "./workspace.ts";

/** One thing that was checked. `info` is worth knowing and needs no action. */
export interface Finding {
  lab?: string;
  check:
    | "folder"
    | "lab.yml"
    | "project"
    | "database"
    | "raw"
    | "profile"
    | "lock"
    | "secrets"
    | "sources"
    | "steps"
    | "reads"
    | "node"
    | "workspace";
  level: "ok" | "info" | "warning" | "error";
  message: string;
  /** What to do, as an imperative sentence. */
  fix?: string;
  place?: Place;
  /** Exit code of a command that meets this error: 2 for configuration. */
  exit?: 1 | 2;
}

type Report = (check: Finding["check"], level: Finding["level"], message: string, more?: Partial<Finding>) => void;

/** Everything that can be wrong with a lab and be seen without opening its database. `files`: the same for many labs. */
export function examine(workspace: Workspace, lab: Lab, files = new KnownFiles()): Finding[] {
  const findings: Finding[] = [];
  const report: Report = (check, level, message, more = {}) => {
    findings.push({ lab: lab.name, check, level, message, ...more });
  };
  if (checkFolder(workspace, lab, report)) {
    checkConfig(workspace, lab, report);
    checkProject(workspace, lab, report, files);
    checkRaw(workspace, lab, report, files);
    checkProfile(workspace, lab, report);
  }
  checkDatabase(workspace, lab, report, files);
  checkLock(lab, report);
  return findings;
}

/** The state folder, which every run needs to write. */
export function examineWorkspace(workspace: Workspace): Finding[] {
  const folder = existsSync(workspace.state) ? workspace.state : workspace.root;
  if (may(folder, constants.W_OK)) {
    return [{ check: "workspace", level: "ok", message: `${workspace.labs.length} labs in ${workspace.root}` }];
  }
  return [
    {
      check: "workspace",
      level: "error",
      exit: 1,
      message: `${folder} cannot be written, and labs keeps its locks and history there.`,
      fix: `Give yourself the right to write there: \`chmod u+w ${folder}\`.`,
    },
  ];
}

function checkFolder(workspace: Workspace, lab: Lab, report: Report): boolean {
  const { root } = lab.paths;
  const shown = workspace.display(root);
  const stat = statSync(root, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) {
    report("folder", "error", stat ? `${shown} is no folder.` : `The folder ${shown} does not exist.`, {
      fix: `Correct \`path\` in ${workspace.display(workspace.file)}, or restore the folder.`,
      place: lab.place,
      exit: 2,
    });
    return false;
  }
  if (!may(root, constants.R_OK | constants.X_OK)) {
    report("folder", "error", `${shown} cannot be read.`, { fix: `\`chmod u+rx ${root}\``, exit: 1 });
    return false;
  }
  report("folder", "ok", shown);
  return true;
}

function checkConfig(workspace: Workspace, lab: Lab, report: Report): void {
  try {
    const { config } = lab;
    const { exists, secrets } = config;
    report(
      "lab.yml",
      exists ? "ok" : "info",
      exists ? "valid" : "There is no lab.yml: the lab has no sources of its own.",
    );
    const unset = secrets.filter((name) => !process.env[name]);
    if (unset.length > 0) {
      report("secrets", "warning", `Not set in this environment: ${unset.join(", ")}.`, {
        fix: `\`export ${unset[0]}=…\` before a run that needs it.`,
        place: config.place(["secrets"]),
      });
    } else if (secrets.length > 0) report("secrets", "ok", secrets.join(", "));
    checkSources(lab, report);
    checkSteps(lab, report);
    checkDependencies(workspace, lab, report);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    report("lab.yml", "error", error.message, detailsOf(error));
  }
}

/** What polls need and what can be seen without asking anybody: variables, and the files of steps. */
function checkSources(lab: Lab, report: Report): void {
  for (const source of lab.config.sources) {
    const { api, step } = source;
    if (!api && !step) continue;
    const unset = requiredVariables(source).filter((name) => !process.env[name]?.trim());
    const file = step && resolve(lab.paths.root, step.file);
    if (file !== undefined && !existsSync(file)) {
      report("sources", "error", `The step of ${source.name} does not exist: ${step?.file}.`, {
        fix: "Correct `file`, which is relative to the lab's folder.",
        place: step?.places.file ?? source.place,
        exit: 2,
      });
    } else if (unset.length > 0) {
      report("sources", "warning", `${source.name} needs variables that are not set here: ${unset.join(", ")}.`, {
        fix: `\`export ${unset[0]}=…\` before a run, or put it where your scheduler takes its environment from.`,
        place: api?.places.auth ?? source.place,
      });
    } else report("sources", "ok", `${source.name} (${api ? "api" : "step"})`, { place: source.place });
  }
}

/** Files and variables that the lab's own steps need. */
function checkSteps(lab: Lab, report: Report): void {
  for (const { own } of lab.config.steps) {
    if (!own) continue;
    const file = "file" in own.action ? own.action.file : undefined;
    const unset = own.env.filter((name) => !process.env[name]);
    if (file !== undefined && !existsSync(resolve(lab.paths.root, file))) {
      report("steps", "error", `The file of the step ${own.name} does not exist: ${file}.`, {
        fix: "Correct it; it is relative to the lab's folder.",
        place: own.place,
        exit: 2,
      });
    } else if (unset.length > 0) {
      report("steps", "warning", `The step ${own.name} needs variables that are not set here: ${unset.join(", ")}.`, {
        fix: `\`export ${unset[0]}=…\` before a run, or put it where your scheduler takes its environment from.`,
        place: own.place,
      });
    } else report("steps", "ok", own.name, { place: own.place });
  }
}

/** Labs that this one reads or waits for. */
function checkDependencies(workspace: Workspace, lab: Lab, report: Report): void {
  try {
    requireSoundDependencies(workspace, lab);
  } catch (error) {
    if (!isLabsError(error)) throw error;
    report("reads", "error", error.message, detailsOf(error));
    return;
  }
  for (const { lab: name, place } of lab.config.reads) {
    const other = workspace.lab(name);
    const { database } = other.paths;
    const published = join(dirname(database), "published", basename(database));
    if (existsSync(published)) report("reads", "ok", name, { place });
    else
      report("reads", "warning", `${name} has published nothing yet, and ${lab.name} reads it.`, {
        fix: `\`labs run ${name}\``,
        place,
      });
  }
}

const detailsOf = (error: LabsError): Partial<Finding> => ({
  exit: error.exit,
  ...(error.hint && { fix: error.hint }),
  ...(error.place && { place: error.place }),
});

function checkProject(workspace: Workspace, lab: Lab, report: Report, files: KnownFiles): void {
  const twin = sharing(workspace, lab, files, "dbtProject");
  const shown = workspace.display(lab.paths.dbtProject);
  if (lab.hasProject && twin)
    report(
      "project",
      "warning",
      `${shown} is the dbt project of ${twin.name} too: runs of both write its target folder.`,
      {
        fix: "Give each lab a project of its own; what they share can be a package that both install.",
        place: lab.place,
      },
    );
  else if (lab.hasProject) report("project", "ok", shown);
  else {
    const places = [...new Set([lab.paths.dbtProject, lab.paths.root])].map((path) => workspace.display(path));
    report("project", "error", `There is no dbt_project.yml in ${places.join(" nor in ")}.`, {
      fix: `Correct \`dbt_path\` in ${workspace.display(workspace.file)}, or create the dbt project.`,
      place: lab.place,
      exit: 2,
    });
  }
}

/** Another lab with the same folder, whatever it is called there. */
const sharing = (workspace: Workspace, lab: Lab, files: KnownFiles, folder: "dbtProject" | "raw"): Lab | undefined =>
  workspace.labs.find((other) => other.name !== lab.name && files.same(lab.paths[folder], other.paths[folder]));

function checkRaw(workspace: Workspace, lab: Lab, report: Report, files: KnownFiles): void {
  const { raw } = lab.paths;
  const shown = workspace.display(raw);
  const twin = sharing(workspace, lab, files, "raw");
  if (!existsSync(raw)) {
    report("raw", "warning", `The folder for raw files does not exist: ${shown}.`, { fix: `\`mkdir -p ${raw}\`` });
  } else if (!may(raw, constants.R_OK | constants.X_OK)) {
    report("raw", "error", `${shown} cannot be read.`, { fix: `\`chmod u+rx ${raw}\``, exit: 1 });
  } else if (twin)
    report("raw", "info", `${shown} has the raw files of ${twin.name} too: each lab loads them for itself.`);
  else report("raw", "ok", shown);
}

function checkProfile(workspace: Workspace, lab: Lab, report: Report): void {
  const guard = guardFor(workspace, lab);
  for (const database of profileDatabases(lab)) {
    try {
      guard(database.path, database);
    } catch (error) {
      if (!isLabsError(error)) throw error;
      report("profile", "error", error.message, detailsOf(error));
      continue;
    }
    if (database.use === "target" && !sameFile(database.path, lab.paths.database)) {
      report("profile", "warning", `The profile names another database: ${database.path}.`, {
        fix: "Nothing has to be done: labs takes the database from the registry. Correct the path if plain dbt is used too.",
        place: database.place,
      });
    } else report("profile", "ok", workspace.display(database.place.file), { place: database.place });
  }
}

function checkDatabase(workspace: Workspace, lab: Lab, report: Report, files: KnownFiles): void {
  const { database } = lab.paths;
  const shown = workspace.display(database);
  const registry = workspace.display(workspace.file);
  const wrong = (message: string, fix: string, exit: 1 | 2) =>
    report("database", "error", message, { fix, exit, ...(exit === 2 && { place: lab.place }) });
  const other = ownerOf(workspace, database, lab, files);
  if (other) {
    wrong(`${shown} is the database of ${other.name} too.`, `Give one of them another \`db_path\` in ${registry}.`, 2);
  }
  const { name: stem } = parse(database);
  if (isReservedDatabase(stem)) {
    wrong(
      `The database's file is named ${stem}, like a schema; DuckDB cannot tell the two apart.`,
      `Rename the file and \`db_path\` in ${registry}, for example to ${lab.name}.duckdb.`,
      2,
    );
  }
  const stat = statSync(database, { throwIfNoEntry: false });
  if (!stat) {
    const folder = nearestFolder(dirname(database));
    if (!may(folder, constants.W_OK)) wrong(`${folder} cannot be written.`, `\`chmod u+w ${folder}\``, 1);
    else if (!other) report("database", "info", `${shown} is created by the first run.`);
    return;
  }
  if (!stat.isFile()) return wrong(`${shown} is no file.`, `Correct \`db_path\` in ${registry}.`, 2);
  if (!may(database, constants.R_OK | constants.W_OK)) {
    return wrong(`${shown} cannot be read and written.`, `\`chmod u+rw ${database}\``, 1);
  }
  if (!may(dirname(database), constants.W_OK)) {
    return wrong(`${dirname(database)} cannot be written; DuckDB keeps its log beside the file.`, "`chmod u+w` it.", 1);
  }
  if (stat.size > 0 && !heldHere(lab) && !isDuckDbFile(database)) {
    return wrong(
      `${shown} is no DuckDB database.`,
      "Restore it from a backup, or move it away and run the lab again.",
      1,
    );
  }
  if (!other && !isReservedDatabase(stem)) report("database", "ok", shown);
}

function checkLock(lab: Lab, report: Report): void {
  const holder = labHolder(lab);
  if (holder) return report("lock", "info", `The lab is ${describeHolder(holder)}.`);
  const left = leftoverHolder(lab);
  if (left) {
    return report(
      "lock",
      "info",
      `A command was killed here (pid ${left.pid}, ${left.command}, since ${left.since}); its lock is free, and nothing has to be done.`,
    );
  }
  report("lock", "ok", "free");
}

/** Reading the file here would drop this process's own DuckDB lock on it. */
function heldHere(lab: Lab): boolean {
  const holder = labHolder(lab);
  return holder !== undefined && holder !== "unknown" && holder.pid === process.pid && holder.host === hostname();
}

/** The four letters behind the first checksum of every DuckDB file. */
function isDuckDbFile(file: string): boolean {
  const descriptor = openSync(file, "r");
  try {
    const head = Buffer.alloc(12);
    return readSync(descriptor, head, 0, 12, 0) === 12 && head.toString("latin1", 8) === "DUCK";
  } finally {
    closeSync(descriptor);
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
