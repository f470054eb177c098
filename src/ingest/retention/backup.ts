import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Lab } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import { checksumsOf, type TableChecksum } from "./checksums.ts";
import { copyDatabase } from "./copy.ts";

/** The file `backup.json` of a backup. */
export interface BackupManifest {
  lab: string;
  /** ISO 8601. */
  createdAt: string;
  /** The database's file, beside this one. */
  database: string;
  bytes: number;
  sha256: string;
  tables: TableChecksum[];
}

type BackedUp = Pick<Lab, "name"> & { paths: Pick<Lab["paths"], "database"> };
const manifestName = "backup.json";

/**
 * Copies a lab's database into a new folder below `to`, also while somebody works on it, then opens the copy and reads
 * every value of every table. The folder has its name only when all of that went well. Returns it with its manifest.
 * Errors: ING-013, ING-021, ING-022 no database.
 */
export async function backupLab(
  lab: BackedUp,
  to: string,
  options: { signal?: AbortSignal; now?: Date } = {},
): Promise<{ folder: string; manifest: BackupManifest }> {
  const { database } = lab.paths;
  if (!existsSync(database)) throw noDatabase(lab);
  const createdAt = (options.now ?? new Date()).toISOString();
  const folder = join(to, `${lab.name}-${createdAt.replace(/[-:]|\.\d+/g, "")}`);
  const part = `${folder}.part`;
  const copy = join(part, basename(database));
  try {
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
  } catch (error) {
    throw cannotWrite(part, error);
  }
  try {
    await copyDatabase(database, copy, options.signal);
    let tables: TableChecksum[];
    try {
      await checksumsOf(copy, true);
      // Once more from the file alone: this is what a restore will find.
      tables = await checksumsOf(copy);
    } catch (error) {
      throw badBackup(copy, "its copy cannot be read", error);
    }
    const manifest = {
      lab: lab.name,
      createdAt,
      database: basename(database),
      bytes: statSync(copy).size,
      sha256: await hashOf(copy),
      tables,
    };
    try {
      writeFileSync(join(part, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
      if (existsSync(folder)) throw new Error("a backup of this second is there already");
      renameSync(part, folder);
    } catch (error) {
      throw cannotWrite(folder, error);
    }
    return { folder, manifest };
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Backups of a lab below a folder, oldest first. */
export function listBackups(lab: Pick<Lab, "name">, folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${lab.name}-`) && existsSync(join(folder, name, manifestName)))
    .filter((name) => readManifest(join(folder, name)).lab === lab.name)
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Puts a backup in the place of a lab's database. The caller holds the lab's lock. The backup is checked first, byte by byte
 * and table by table; what was there before is kept beside it and returned. Errors: ING-013, ING-021.
 */
export async function restoreLab(
  lab: BackedUp,
  folder: string,
  options: { now?: Date; anyLab?: boolean } = {},
): Promise<{ manifest: BackupManifest; kept?: string }> {
  const manifest = readManifest(folder);
  if (manifest.lab !== lab.name && options.anyLab !== true) {
    throw badBackup(
      folder,
      `it is one of the lab ${manifest.lab}, not of ${lab.name}`,
      undefined,
      "Name the right backup, or say `--any-lab`.",
    );
  }
  const { database } = lab.paths;
  const source = join(folder, manifest.database);
  const fresh = join(dirname(database), `.restore-${process.pid}`, basename(database));
  try {
    mkdirSync(dirname(fresh), { recursive: true });
    copyFileSync(source, fresh);
  } catch (error) {
    rmSync(dirname(fresh), { recursive: true, force: true });
    throw cannotWrite(fresh, error);
  }
  try {
    await verify(fresh, folder, manifest);
    const stamp = (options.now ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
    const kept = existsSync(database) ? `${database}.before-${stamp}` : undefined;
    if (kept) {
      // The log first: a database without it is older, a log without its database is nothing.
      if (existsSync(`${database}.wal`)) renameSync(`${database}.wal`, `${kept}.wal`);
      renameSync(database, kept);
    } else rmSync(`${database}.wal`, { force: true });
    renameSync(fresh, database);
    return { manifest, ...(kept !== undefined && { kept }) };
  } finally {
    rmSync(dirname(fresh), { recursive: true, force: true });
  }
}

async function verify(file: string, folder: string, manifest: BackupManifest): Promise<void> {
  if ((await hashOf(file)) !== manifest.sha256) throw badBackup(folder, "its file is not the one that was written");
  let tables: TableChecksum[];
  try {
    tables = await checksumsOf(file);
  } catch (error) {
    throw badBackup(folder, "its database cannot be read", error);
  }
  if (JSON.stringify(tables) !== JSON.stringify(manifest.tables))
    throw badBackup(folder, "its tables are not those that were written");
}

function readManifest(folder: string): BackupManifest {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), "utf8")) as BackupManifest;
    // A name with a path in it would reach out of the folder.
    if (typeof manifest.lab === "string" && basename(manifest.database) === manifest.database) return manifest;
    throw new Error("fields are missing");
  } catch (error) {
    throw badBackup(folder, `its ${manifestName} cannot be read`, error);
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

const noDatabase = ({ name, paths }: BackedUp) =>
  ingestErrors.noDatabase({
    message: `The lab ${name} has no database yet: ${paths.database} does not exist.`,
    place: { file: paths.database },
    hint: `Load something first: labs ingest ${name}`,
  });

const badBackup = (folder: string, why: string, cause?: unknown, hint = "Use another backup.") =>
  ingestErrors.badBackup({
    message: `${folder} cannot be used: ${why}${cause instanceof Error ? ` (${cause.message.split("\n")[0]})` : ""}.`,
    place: { file: folder },
    hint,
    ...(cause !== undefined && { cause }),
  });

const cannotWrite = (path: string, error: unknown) =>
  ingestErrors.notWritable({
    message: `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
    place: { file: path },
    hint: /^E(ACCES|PERM|ROFS)\b/.test(error instanceof Error ? error.message : "")
      ? "Give yourself the right to write there, or choose another folder."
      : "Free some space, or choose another folder.",
    cause: error,
  });
