import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type Database, isTornDatabase, openDatabase } from "#duck/index.ts";
import type { Lab } from "#registry/index.ts";
import { ingestErrors } from "./errors.ts";

/**
 * Opens a lab's database for loading; makes the file and its folder when they are missing, with small blocks so that many
 * small tables do not take a quarter of a megabyte each. `share` is what it may take of the machine: all of it when missing. The caller holds the lab's lock and opens it only once.
 * Errors: ING-013, DUCK-001, DUCK-002.
 */
export async function openForLoading(
  lab: Pick<Lab, "paths">,
  share?: { threads: number; memoryMb: number },
): Promise<Database> {
  const path = lab.paths.database;
  const limits = share && { threads: String(share.threads), memory_limit: `${share.memoryMb}MB` };
  const config = { ...pathsOf(lab), ...limits };
  if (hasDatabase(path)) return openDatabase(path, { config });
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw ingestErrors.notWritable({
      message: `The folder ${dirname(path)} cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
      place: { file: path },
      hint: "Give yourself the right to write there, or correct `db_path` in the registry.",
      cause: error,
    });
  }
  return openDatabase(path, { config: { ...config, default_block_size: "65536" } });
}

/** The database for looking only, or undefined when there is none yet. */
export async function openForReading(lab: Pick<Lab, "paths">): Promise<Database | undefined> {
  return hasDatabase(lab.paths.database)
    ? openDatabase(lab.paths.database, { readOnly: true, config: pathsOf(lab) })
    : undefined;
}

/** A file that was killed while it was created counts as missing: it holds nothing. */
const hasDatabase = (path: string) => existsSync(path) && !isTornDatabase(path);

/** Views may read files: a relative path in one means the dbt project's folder, whoever looks at it. */
const pathsOf = (lab: Pick<Lab, "paths">) => ({ file_search_path: lab.paths.dbtProject });
