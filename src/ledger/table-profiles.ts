import type { Sql } from "./sql.ts";

/** Figures of a table's columns as a run saw them, and as later runs did until the next one. */
export interface RecordedProfile {
  /** `schema.table` */
  name: string;
  run: string;
  /** ISO 8601 in UTC. */
  time: string;
  /** As the quality room gives them. */
  data: unknown;
}

/** Profiles that are kept of each table; only those that differ from the one before count. */
export const profilesKept = 60;

/** The newest profiles, newest first. */
export async function readTableProfiles(
  sql: Sql,
  lab: string,
  { name, limit = 2 }: { name?: string; limit?: number },
): Promise<RecordedProfile[]> {
  const rows = await sql.all(
    `SELECT name, run, at, data FROM (SELECT name, run, at, data, row_number() OVER (PARTITION BY name ORDER BY run DESC) AS place
       FROM table_profiles WHERE lab = @lab ${name === undefined ? "" : "AND name = @name"}) newest
     WHERE place <= @limit ORDER BY run DESC, name`,
    { lab, limit, ...(name !== undefined && { name }) },
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    run: String(row["run"]),
    time: String(row["at"]),
    data: JSON.parse(String(row["data"])) as unknown,
  }));
}
