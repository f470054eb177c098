import { type Connection, confine, interruptOnAbort, type QueryResult, requireNoFileWrites } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import { connectPublished, openPublished, publishErrors } from "#publish/index.ts";
import type { Lab } from "#registry/index.ts";
import type { Io } from "../io.ts";
import { withoutLead } from "../shell/statements.ts";
import { readLab } from "./read-lab.ts";

export interface Answer extends Pick<QueryResult, "columns" | "rows"> {
  /** There are more rows than were asked for. */
  more: boolean;
}

export interface Questions {
  /** Runs one or more statements and gives at most `limit` rows of the last, all with 0. Errors: DUCK-003 to 005, PUB-005. */
  ask(sql: string, limit: number, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Questions to what a lab has published, in its own session: temporary tables and `USE` stay. It keeps its version, no run
 * waits for it, and it reaches no file, no network and no other database. Errors: PUB-001, PUB-002.
 */
export async function askPublished(lab: Lab, version?: string): Promise<Questions> {
  const database = await openPublished(lab.paths.database, version);
  const connection = await connectPublished(database);
  await confine(connection);
  return {
    async ask(sql, limit, signal) {
      const done = interruptOnAbort(database, signal);
      try {
        return await answer(connection, sql, limit);
      } catch (error) {
        if (!isLabsError(error) || error.code !== "DUCK-003" || !/does not exist/.test(error.message)) throw error;
        throw publishErrors.notInSnapshot({
          message: error.message,
          hint: `This asks what is published; for the working database add --live, and see \`labs publish ${lab.name} --list\`.`,
          cause: error,
        });
      } finally {
        done();
      }
    },
    close: () => database.close(),
  };
}

/**
 * Questions to the working database. It is open while one of them runs and no longer, so that a run never waits for somebody
 * who thinks; a question waits while the lab runs. It writes nothing. Errors: those of `readLab`.
 */
export function askLive(lab: Lab, reading: { io: Io; wait: boolean; command: string }): Questions {
  return {
    ask: (sql, limit, signal) =>
      readLab(lab, { ...reading, io: { ...reading.io, signal: signal ?? reading.io.signal } }, async (database) => {
        const connection = await database.connect();
        // Views of a lab may read files.
        await confine(connection, { files: true });
        await requireNoFileWrites(connection, sql);
        return answer(connection, sql, limit);
      }),
    close: async () => {},
  };
}

async function answer(connection: Connection, sql: string, limit: number): Promise<Answer> {
  // One row more tells whether there are more; what is no query (DESCRIBE, SHOW) has no LIMIT.
  const whole = limit === 0 || !/^(?:select|with|from|values|table)\b/i.test(withoutLead(sql));
  const text = whole ? sql : `FROM (${sql.replace(/;\s*$/, "")}\n) LIMIT ${limit + 1}`;
  const { columns, rows } = await connection.query(text);
  return { columns, rows: limit === 0 ? rows : rows.slice(0, limit), more: limit > 0 && rows.length > limit };
}
