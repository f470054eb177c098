import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { Resume } from "./resume.ts";
import type { Cursor, CursorKind } from "./cursor.ts";

/** What the last poll of a source left; written in the transaction that brought its rows. */
export interface PollState {
  cursor: Cursor | undefined;
  /** Of the last poll's records, with the settings they were loaded under. */
  sha256: string;
  /** ISO, UTC. */
  polledAt: string;
  records: number;
  /** Where an interrupted poll goes on. */
  resume?: Resume;
}

const definition = `CREATE TABLE IF NOT EXISTS _labs.polls (
  source VARCHAR, field VARCHAR, cursor VARCHAR, cursor_kind VARCHAR, sha256 VARCHAR, records BIGINT, load INTEGER, polled_at TIMESTAMP, resume VARCHAR)`;

/** Makes the table of polls; the schema is there already. */
export const createPolls = (connection: Connection): Promise<void> =>
  connection.run(`${definition}; ALTER TABLE _labs.polls ADD COLUMN IF NOT EXISTS resume VARCHAR`);

/** The state of every source that was polled. A cursor over another field than the declared one counts for nothing. */
export async function readPolls(connection: Connection, sources: SourceConfig[]): Promise<Map<string, PollState>> {
  const there = await connection.query(
    "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = '_labs' AND table_name = 'polls'",
  );
  if (there.rows.length === 0) return new Map();
  // A table of an earlier version lacks it.
  const resumes = there.rows.some(([name]) => name === "resume") ? "resume" : "NULL";
  const { rows } = await connection.query(
    `SELECT source, field, cursor, cursor_kind, sha256, records::DOUBLE, strftime(polled_at, '%Y-%m-%dT%H:%M:%SZ'), ${resumes} FROM _labs.polls`,
  );
  const fields = new Map(sources.map((source) => [source.name, (source.api ?? source.step)?.incremental?.field]));
  return new Map(
    rows.map(([source, field, cursor, kind, sha256, records, polledAt, resume]) => {
      const holds = cursor !== null && field !== null && fields.get(String(source)) === String(field);
      return [
        String(source),
        {
          cursor: holds ? { kind: String(kind) as CursorKind, text: String(cursor) } : undefined,
          sha256: String(sha256 ?? ""),
          records: Number(records ?? 0),
          polledAt: String(polledAt),
          ...(resume !== null && { resume: JSON.parse(String(resume)) as Resume }),
        },
      ];
    }),
  );
}

/** SQL that remembers a poll. `load`: undefined when it brought nothing new and what is in the table stays as it is. */
export function pollSql(
  source: SourceConfig,
  cursor: Cursor | undefined,
  facts: { sha256: string; records: number; load?: number; time: string; resume?: Resume },
): string {
  const text = (value: string | undefined) => (value === undefined ? "NULL" : quoteLiteral(value));
  const name = quoteLiteral(source.name);
  const field = (source.api ?? source.step)?.incremental?.field;
  const load = facts.load === undefined ? `(SELECT max(load) FROM _labs.polls WHERE source = ${name})` : facts.load;
  return `CREATE OR REPLACE TEMP TABLE labs_poll AS SELECT ${load} AS load; DELETE FROM _labs.polls WHERE source = ${name};
    INSERT INTO _labs.polls SELECT ${name}, ${text(field)}, ${text(cursor?.text)}, ${text(cursor?.kind)}, ${quoteLiteral(facts.sha256)},
      ${facts.records}, load, ${facts.time}, ${text(facts.resume && JSON.stringify(facts.resume))} FROM labs_poll; DROP TABLE labs_poll`;
}

/** SQL that forgets a source's polls, for `--full-refresh`. */
export const forgetPollsSql = (source: SourceConfig): string =>
  `DELETE FROM _labs.polls WHERE source = ${quoteLiteral(source.name)}`;
