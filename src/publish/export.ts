import { createHash } from "node:crypto";
import { createReadStream, fsyncSync, mkdirSync, rmSync, openSync, closeSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  type Column,
  type Connection,
  interruptOnAbort,
  openDatabase,
  qualifiedName,
  quoteIdentifier,
  quoteLiteral,
} from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { publishErrors } from "./errors.ts";
import { ExportFolder } from "./export-folder.ts";
import { snapshotOf } from "./publish.ts";
import type { ExportedTable, ExportFormat, ExportManifest, PublishedTable } from "./types.ts";

export const exportFormats = ["parquet", "csv"] as const satisfies readonly ExportFormat[];

export interface ExportOptions {
  lab: string;
  /** The lab's live database, beside which the published snapshots lie. */
  database: string;
  format: ExportFormat;
  /** Absolute: the folder that gets `current` and `versions`. */
  to: string;
  /** Published version; default: the one that readers have. */
  version?: string;
  /** Exports to keep in the folder. */
  keep: number;
  /** Read the files of an export that is there already and compare them with its checksums. Default false: their sizes. */
  verify?: boolean;
  signal?: AbortSignal;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export interface Exported {
  /** Where the files are; `current` in `to` means the same. */
  folder: string;
  manifest: ExportManifest;
  /** False: it was there already. */
  made: boolean;
}

/**
 * Writes a published snapshot as one file a table, with a manifest, and gives it to readers in one step: they find the
 * export before or this one. Errors: PUB-001, PUB-002, PUB-006, DUCK-004.
 */
export async function exportSnapshot(options: ExportOptions): Promise<Exported> {
  const { lab, database, format } = options;
  const { file, version } = snapshotOf(database, options.version);
  const target = new ExportFolder(options.to);
  for (const found of target.list()) {
    const { manifest, folder } = found;
    if (manifest.version !== version.version || manifest.format !== format || manifest.lab !== lab) continue;
    if (options.verify && !(await intact(folder, manifest))) continue;
    target.point(folder);
    return { folder, manifest, made: false };
  }
  const stage = target.stage();
  const snapshot = await openDatabase(file, { readOnly: true });
  const done = interruptOnAbort(snapshot, options.signal);
  try {
    const connection = await snapshot.connect();
    const tables: ExportedTable[] = [];
    for (const table of version.tables) tables.push(await writeTable(connection, stage, table, format));
    const { runId, score, publishedAt } = version;
    const exportedAt = new Date((options.clock ?? Date.now)()).toISOString();
    const manifest: ExportManifest = {
      lab,
      version: version.version,
      runId,
      score,
      publishedAt,
      exportedAt,
      format,
      tables,
    };
    const folder = target.add(stage, manifest);
    target.prune(options.keep);
    return { folder, manifest, made: true };
  } catch (error) {
    rmSync(stage, { recursive: true, force: true });
    throw error;
  } finally {
    done();
    await snapshot.close();
  }
}

const writers: Record<ExportFormat, string> = {
  parquet: "FORMAT parquet, COMPRESSION zstd",
  // A null is nothing, an empty text is "".
  csv: "FORMAT csv, HEADER true, NULLSTR ''",
};

async function writeTable(
  connection: Connection,
  stage: string,
  { schema, name }: PublishedTable,
  format: ExportFormat,
): Promise<ExportedTable> {
  const file = `${fileName(schema)}/${fileName(name)}.${format}`;
  const path = join(stage, file);
  const relation = qualifiedName(schema, name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const { columns } = await connection.query(`FROM ${relation} LIMIT 0`);
    const select = columns.map((column) => exact(column, format)).join(", ");
    const { rows } = await connection.query(
      `COPY (SELECT ${select} FROM ${relation}) TO ${quoteLiteral(path)} (${writers[format]})`,
    );
    sync(path);
    const { sha256, bytes } = await digest(path);
    return { schema, name, rows: Number(rows[0]?.[0] ?? 0), columns, file, bytes, sha256 };
  } catch (error) {
    if (isLabsError(error) && error.code !== "DUCK-003") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw publishErrors.exportFailed({
      message: `${schema}.${name} cannot be exported as ${format}: ${reason}`,
      place: { file: path },
      hint: "Make room where the export goes, or give its columns types that the format has. The last export stays as it is.",
      cause: error,
    });
  }
}

/** A column as the format keeps it without loss: Parquet has no integers of 128 bits, and DuckDB would write floats. */
function exact({ name, type }: Column, format: ExportFormat): string {
  const column = quoteIdentifier(name);
  if (format !== "parquet") return column;
  if (type === "HUGEINT" || type === "UHUGEINT") return `${column}::DECIMAL(38, 0) AS ${column}`;
  return type === "BIGNUM" ? `${column}::VARCHAR AS ${column}` : column;
}

/** A name that every file system takes, different for different names. */
export function fileName(name: string): string {
  const plain = name.replace(
    /[^\p{L}\p{N} _.-]|^\.|[. ]$/gu,
    (sign) => `%${Buffer.from(sign).toString("hex").toUpperCase()}`,
  );
  // File names have at most 255 bytes, of which the ending and a mark of the whole name take some.
  if (Buffer.byteLength(plain) <= 200) return plain;
  const mark = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${Buffer.from(plain).subarray(0, 180).toString("utf8").replaceAll("\uFFFD", "")}%${mark}`;
}

/** Whether the files of an export are those that its manifest names. */
async function intact(folder: string, manifest: ExportManifest): Promise<boolean> {
  for (const { file, sha256 } of manifest.tables)
    if ((await digest(join(folder, file)).catch(() => undefined))?.sha256 !== sha256) return false;
  return true;
}

async function digest(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { sha256: hash.digest("hex"), bytes };
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
