import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/duck/index.ts";
import { type ExportManifest, openPublished } from "../../src/publish/index.ts";
import { markedRows, markers, markersOfFiles } from "./lab.ts";

/** What one look at a version found: the run that made it, and the version's own word about it. Throws when it is not whole. */
export interface Found {
  run: number;
  runId: string;
}

type Ask = (sql: string) => Promise<{ rows: unknown[][] }>;

async function look(ask: Ask, sql: string): Promise<number> {
  const [row = []] = (await ask(sql)).rows;
  const [list, count] = [String(row[0]), Number(row[1])];
  const run = Number(list.slice(1, -1));
  if (!Number.isInteger(run)) throw new Error(`runs ${list} in one version`);
  if (count !== markedRows) throw new Error(`${count} rows instead of ${markedRows}`);
  return run;
}

/** Looks at an open snapshot. */
export async function lookAtSnapshot(ask: Ask): Promise<Found> {
  const run = await look(ask, markers);
  const about = (await ask("SELECT run_id FROM _labs.published")).rows;
  if (about.length !== 1) throw new Error(`${about.length} rows about one version`);
  return { run, runId: String(about[0]?.[0]) };
}

/** Opens a published version, the current one by default, and looks at it. */
export async function lookAtVersion(database: string, version?: string): Promise<Found> {
  const snapshot = await openPublished(database, version);
  try {
    const connection = await snapshot.connect();
    return await lookAtSnapshot((sql) => connection.query(sql));
  } finally {
    await snapshot.close();
  }
}

/** Looks at what \`current\` in a folder of exports means now: checksums, rows and markers of its files. */
export async function lookAtExport(folder: string): Promise<Found> {
  const current = realpathSync(join(folder, "current"));
  const manifest = JSON.parse(readFileSync(join(current, "manifest.json"), "utf8")) as ExportManifest;
  for (const { file, sha256 } of manifest.tables)
    if (
      createHash("sha256")
        .update(readFileSync(join(current, file)))
        .digest("hex") !== sha256
    )
      throw new Error(`${file} of export ${manifest.version} is not what its manifest says`);
  const database = await openDatabase(":memory:");
  try {
    const connection = await database.connect();
    return { run: await look((sql) => connection.query(sql), markersOfFiles(current)), runId: String(manifest.runId) };
  } finally {
    await database.close();
  }
}
