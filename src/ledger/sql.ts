/** A value of a statement, or a column of a row. */
export type SqlValue = string | number | null;

/** SQL that SQLite and PostgreSQL both understand, with values as `@name`. */
export interface Statement {
  text: string;
  values?: Record<string, SqlValue>;
}

/** A row as the database has it: columns by name. */
export type Row = Record<string, SqlValue>;

export interface BatchOptions {
  /**
   * Rows of a run that goes on, which nobody else writes: they wait neither for other writers nor, under SQLite, for the disk.
   * What cannot be written at once is refused.
   */
  progress?: boolean;
}

/**
 * What the ledger asks of a database. One batch at a time writes, in every process of the workspace; a batch that only reads
 * sees one moment. A database that is away for some seconds is waited for, and what it was asked may then be done twice:
 * statements are written so that the second time changes nothing. Errors: LED-002, LED-003, LED-007, LED-010 to LED-012.
 */
export interface Sql {
  /** One statement; the rows it returns. */
  all(text: string, values?: Record<string, SqlValue>): Promise<Row[]>;
  /** All statements or none of them, in order; the rows of each. */
  batch(statements: Statement[], options?: BatchOptions): Promise<Row[][]>;
  /** A text that changes whenever anybody commits. */
  version(): Promise<string>;
  /** Calls back when the queue was changed, by whatever process, until the returned function is called. Absent: ask now and then. */
  onQueue?(listener: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Whether a statement only looks. */
export const isReading = (text: string): boolean =>
  /^\s*(SELECT|WITH)\b/.test(text) && !/\b(INSERT|UPDATE|DELETE)\b/.test(text);

/** `column = @lab`, or `column IN (…)` of several, with the values to give; of none at all nothing is found. */
export function ofLabs(
  column: string,
  labs: string | readonly string[] | undefined,
): { condition: string; values: Record<string, string> } {
  if (labs === undefined) return { condition: "1 = 1", values: {} };
  const names = [labs].flat();
  const values = Object.fromEntries(names.map((name, i) => [`lab${i}`, name]));
  return { condition: `${column} IN (${names.map((_, i) => `@lab${i}`).join(", ") || "NULL"})`, values };
}
