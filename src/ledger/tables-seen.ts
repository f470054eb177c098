import type { Sql } from "./sql.ts";

/** What a run saw of a table. */
export interface TableSeen {
  /** `schema.table` */
  name: string;
  /** When the run began: ISO 8601 in UTC. */
  time: string;
  rows: number;
  /** What the quality room noted beside the score; see its `ScoreDetail`. */
  parts: { newest?: number; unusual?: true };
}

const recentRuns = 30;
/** Of earlier days the last run of each is enough to know the rhythm of weeks. */
const days = 70;
const mostRuns = 2000;

/** What the last runs of a lab saw of its tables, and the last run of each of the last ten weeks' days; newest first. */
export async function readTablesSeen(sql: Sql, lab: string, now: Date): Promise<TableSeen[]> {
  const rows = await sql.all(
    `WITH recent AS (SELECT id, started_at AS at FROM runs WHERE lab = @lab ORDER BY id DESC LIMIT ${mostRuns}),
       scored AS (SELECT * FROM recent WHERE EXISTS (SELECT 1 FROM scores WHERE lab = @lab AND run = recent.id)),
       ranked AS (SELECT id, at, row_number() OVER (ORDER BY id DESC) AS place,
         row_number() OVER (PARTITION BY substr(at, 1, 10) ORDER BY id DESC) AS of_day FROM scored)
       SELECT s.name, ranked.at AS time, s.rows_ AS rows, json_extract(s.parts, '$.newest') AS newest,
         json_extract(s.parts, '$.unusual') AS unusual
       FROM ranked JOIN scores s ON s.lab = @lab AND s.run = ranked.id AND s.scope = 'table'
       WHERE (place <= ${recentRuns} OR (of_day = 1 AND at >= @since)) AND s.rows_ IS NOT NULL
       ORDER BY ranked.id DESC, s.name`,
    { lab, since: new Date(now.getTime() - days * 86_400_000).toISOString() },
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    time: String(row["time"]),
    rows: Number(row["rows"]),
    parts: {
      ...(row["newest"] !== null && { newest: Number(row["newest"]) }),
      ...((Number(row["unusual"]) === 1 || row["unusual"] === "true") && { unusual: true as const }),
    },
  }));
}
