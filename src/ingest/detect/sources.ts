import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, sep } from "node:path";
import type { LabsError } from "#errors/index.ts";
import { formatOfName, type SourceConfig } from "#registry/index.ts";
import { cannotRead } from "../csv/encoding.ts";
import { ingestErrors } from "../errors.ts";
import type { FileStat, IngestLab } from "../types.ts";
import { isPattern, patternToRegExp } from "./pattern.ts";

/** A file that a source claims. */
export interface FoundFile {
  path: string;
  /** Relative to the raw folder, with `/`. */
  name: string;
  stat: FileStat;
  /** Why nothing can be known of it; `stat` says nothing then. */
  problem?: LabsError;
}

const dataFile = /\.((csv|tsv|tab|psv|txt|json|jsonl|ndjson)(\.(gz|zst))?|parquet|xlsx)$/i;
const unfinished = /\.(part|partial|tmp|temp|crdownload|download|filepart|swp|lock)$/i;

/** Files that somebody is still writing, or that only look like data: hidden ones and temporary ones are never picked up. */
export const isTemporary = (name: string): boolean =>
  name.startsWith(".") || name.startsWith("~$") || name.endsWith("~") || unfinished.test(name);

/** A file's description, or undefined when it is gone or no regular file. Symbolic links are followed. Errors: those of the system. */
export function fileStat(path: string): FileStat | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  return {
    bytes: Number(stat.size),
    mtime: String(stat.mtimeNs),
    ctime: String(stat.ctimeNs),
    inode: `${stat.dev}:${stat.ino}`,
  };
}

const nothingKnown: FileStat = { bytes: 0, mtime: "0", ctime: "0", inode: "0:0" };

/** Why a name of the folder has no file behind it, unless it just went away or is no file at all. */
function problemOf(path: string, name: string): LabsError | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined && name.includes("\ufffd")) {
    return ingestErrors.notReadable({
      message: `${name} cannot be read: its name is not in UTF-8 (\ufffd stands for what is not).`,
      place: { file: path },
      hint: "Rename it.",
    });
  }
  if (!found?.isSymbolicLink() || existsSync(path)) return undefined;
  return ingestErrors.notReadable({
    message: `${name} cannot be read: it is a link to a file that is not there.`,
    place: { file: path },
    hint: "Deliver the file itself, or take the link away.",
  });
}

/** Every file below the raw folder, sorted; undefined when the folder does not exist. Errors: ING-007. */
function listFiles(raw: string): string[] | undefined {
  if (lstatSync(raw, { throwIfNoEntry: false }) === undefined) return undefined;
  const names: string[] = [];
  const walk = (folder: string, prefix: string) => {
    let entries: import("node:fs").Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      throw cannotRead(folder, error);
    }
    for (const entry of entries) {
      if (isTemporary(entry.name)) continue;
      if (entry.isDirectory()) walk(join(folder, entry.name), `${prefix}${entry.name}/`);
      else names.push(prefix + entry.name);
    }
  };
  walk(raw, "");
  return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `Sales Data (1).csv.gz` → `sales_data_1`: the table of a file that no source declares. */
export function tableNameOf(file: string): string {
  const stem = basename(file).replace(dataFile, "");
  const name = stem
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return name === "" ? "data" : /^[0-9]/.test(name) ? `_${name}` : name;
}

/** What lies in the raw folder, by source. */
export interface FoundSources {
  sources: { config: SourceConfig; files: FoundFile[] }[];
  unclaimed: string[];
}

/**
 * Gives every file below the raw folder to its source. A lab that declares no source gets one for each file name of
 * a data file directly in the folder. Errors: ING-007.
 */
export function findSources(raw: string, declared: SourceConfig[], configFile: string): FoundSources {
  const names = listFiles(raw) ?? [];
  const describe = (name: string): FoundFile[] => {
    const path = isAbsolute(name) ? name : join(raw, name);
    try {
      const stat = fileStat(path);
      if (stat) return [{ path, name, stat }];
      const problem = problemOf(path, name);
      return problem ? [{ path, name, stat: nothingKnown, problem }] : [];
    } catch (error) {
      return [{ path, name, stat: nothingKnown, problem: cannotRead(path, error) }];
    }
  };
  if (declared.length === 0) return { sources: implicitSources(names, describe, configFile), unclaimed: [] };
  const claimed = new Set<string>();
  const sources = declared.map((config) => {
    const files = new Map<string, FoundFile>();
    for (const pattern of config.path) {
      for (const name of namesFor(pattern, raw, names)) {
        claimed.add(name);
        for (const file of describe(name)) files.set(name, file);
      }
    }
    return { config, files: [...files.values()] };
  });
  const unclaimed = names.filter((name) => !claimed.has(name) && dataFile.test(name));
  if (!declared.every(fromItsName)) return { sources, unclaimed };
  // Nobody has declared a source by hand: a new name gets its own, as it did before the first ones were written down.
  for (const { config, files } of implicitSources(names, describe, configFile)) {
    const rest = files.filter(({ name }) => !claimed.has(name));
    const same = sources.find((source) => source.config.table === config.table);
    if (same) same.files.push(...rest);
    else sources.push({ config, files: rest });
  }
  return { sources, unclaimed: [] };
}

/** Whether a source was written into lab.yml after its file was loaded without it. */
const fromItsName = ({ name, path, proposed }: SourceConfig): boolean =>
  proposed &&
  path.length > 0 &&
  path.every((file) => {
    const table = tableNameOf(file);
    return !isPattern(file) && (name === table || name === `${table}_${formatOfName(file)}`);
  });

/** A source for each name of a data file directly in the folder. */
function implicitSources(
  names: string[],
  describe: (name: string) => FoundFile[],
  configFile: string,
): FoundSources["sources"] {
  const byTable = new Map<string, string[]>();
  for (const name of names) {
    if (name.includes("/") || !dataFile.test(name)) continue;
    const stem = tableNameOf(name);
    const first = byTable.get(stem)?.[0];
    // Two formats under one name are two tables.
    const format = formatOfName(name);
    const table = first === undefined || formatOfName(first) === format ? stem : `${stem}_${format}`;
    byTable.set(table, [...(byTable.get(table) ?? []), name]);
  }
  return [...byTable].map(([table, files]) => ({
    config: implicitSource(table, files, configFile),
    files: files.flatMap(describe),
  }));
}

/** A lab's sources: those of its lab.yml, or one for each file name in its raw folder. Errors: ING-007. */
export function sourcesOf(lab: IngestLab & { paths: { config?: string } }): SourceConfig[] {
  return findSources(lab.paths.raw, lab.config.sources, lab.paths.config ?? "lab.yml").sources.map(
    ({ config }) => config,
  );
}

function namesFor(pattern: string, raw: string, names: string[]): string[] {
  const local = (isAbsolute(pattern) ? relative(raw, pattern) : pattern).split(sep).join("/").replace(/^\.\//, "");
  // An exact path may lie outside the raw folder, and may have any name.
  if (local.startsWith("../") || isAbsolute(local)) return [isAbsolute(pattern) ? pattern : local];
  if (!isPattern(local) || names.includes(local)) return [local];
  const expression = patternToRegExp(local);
  return names.filter((name) => expression.test(name));
}

function implicitSource(table: string, path: string[], file: string): SourceConfig {
  return {
    name: table,
    table,
    path,
    format: formatOfName(path[0] ?? ""),
    dialect: { encoding: "utf-8" },
    proposed: true,
    key: [],
    mode: "append",
    drift: "evolve",
    lineage: false,
    expectations: [],
    place: { file },
  };
}
