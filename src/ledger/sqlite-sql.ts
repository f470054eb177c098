import type { Database } from "#sqlite/index.ts";
import { explain, patiently } from "./connect.ts";
import { isReading, type Row, type Sql, type Statement } from "./sql.ts";

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
  const guarded = async <T>(doing: "open" | "write", attempt: () => T, patient = patience): Promise<T> => {
    try {
      return await patiently(attempt, patient);
    } catch (error) {
      throw explain(path, error, doing);
    }
  };
  return {
    all: (text, values) =>
      guarded(isReading(text) ? "open" : "write", () => execute({ text, ...(values && { values }) })),
    batch: async (statements, { progress = false } = {}) => {
      const all = db.transaction(() => statements.map(execute));
      if (statements.every(({ text }) => isReading(text))) return guarded("open", () => all());
      if (!progress) return guarded("write", () => all.immediate());
      try {
        // Progress need not wait for the disk: under WAL, what a killed process wrote is there all the same.
        db.pragma("synchronous = NORMAL");
        return await guarded("write", () => all.immediate(), 0);
      } finally {
        db.pragma("synchronous = FULL");
      }
    },
    version: () =>
      guarded("open", () => {
        const others = db.pragma("data_version", { simple: true }) as number;
        const [own] = execute({ text: "SELECT total_changes() AS n" });
        return `${others}.${own?.["n"]}`;
      }),
    close: async () => void db.close(),
  };
}
