import type { Database } from "better-sqlite3";
import { explain, patiently } from "./connect.ts";

/** A value of a statement, or a column of a row. */
export type SqlValue = string | number | null;

/** SQL that SQLite and PostgreSQL both understand, with values as `@name`. */
export interface Statement {
  text: string;
  values?: Record<string, SqlValue>;
}

/** A row as the database has it: columns by name. */
export type Row = Record<string, SqlValue>;

/** What the ledger asks of a database. */
export interface Sql {
  /** One statement; the rows it returns. */
  all(text: string, values?: Record<string, SqlValue>): Promise<Row[]>;
  /** All statements or none of them, in order; the rows of each. */
  batch(statements: Statement[]): Promise<Row[][]>;
}

/** Statements on an open SQLite file. Waits `patience` milliseconds in all for other processes. Errors: LED-002, 003, 007. */
export function sqliteSql(db: Database, path: string, patience: number): Sql {
  const prepared = new Map<string, ReturnType<Database["prepare"]>>();
  const execute = ({ text, values }: Statement): Row[] => {
    let statement = prepared.get(text);
    if (statement === undefined) prepared.set(text, (statement = db.prepare(text)));
    if (!statement.reader) {
      statement.run(values ?? {});
      return [];
    }
    return statement.all(values ?? {}) as Row[];
  };
  const guarded = async <T>(attempt: () => T): Promise<T> => {
    try {
      return await patiently(attempt, patience);
    } catch (error) {
      throw explain(path, error, "write");
    }
  };
  return {
    all: (text, values) => guarded(() => execute({ text, ...(values && { values }) })),
    batch: (statements) => guarded(() => db.transaction(() => statements.map(execute)).immediate()),
  };
}
