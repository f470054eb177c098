import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "#duck/index.ts";
import { writeProject } from "./project.ts";

/** A generated project with its database. */
export interface PreparedProject {
  folder: string;
  models: number;
  /** What its profile names. */
  database: string;
  /** The same database as it is before the first build: the tables of the sources. */
  origin: string;
}

export async function makeProject(folder: string, models: number): Promise<PreparedProject> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "scale.duckdb");
  const { rawTables } = writeProject(folder, models, path);
  const origin = join(folder, "origin.duckdb");
  for (const file of [path, origin]) {
    const database = await openDatabase(file);
    const connection = await database.connect();
    await connection.run("begin");
    for (const sql of rawTables) await connection.run(sql);
    await connection.run("commit");
    await database.close();
  }
  return { folder, models, database: path, origin };
}
