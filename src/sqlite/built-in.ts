import type { Options } from "better-sqlite3";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";

type Module = typeof import("node:sqlite");
type Values = Parameters<StatementSync["all"]>;

/** SQLite's result codes as better-sqlite3 names them; of others the primary one. */
const names: Record<number, string> = {
  1: "SQLITE_ERROR",
  3: "SQLITE_PERM",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  19: "SQLITE_CONSTRAINT",
  23: "SQLITE_AUTH",
  26: "SQLITE_NOTADB",
};

/** Does something with SQLite and gives its errors the `code` that better-sqlite3 gives them. */
function coded<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { errcode } = error as { errcode?: unknown };
    if (typeof errcode === "number")
      Object.assign(error as Error, { code: names[errcode] ?? names[errcode & 0xff] ?? `SQLITE_${errcode}` });
    throw error;
  }
}

let loaded: Module | undefined;

/** Node calls the module experimental, aloud. */
function load(): Module {
  if (loaded) return loaded;
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const found = process.getBuiltinModule("node:sqlite") as Module | undefined;
    if (!found)
      throw new Error("This Node has SQLite only with --experimental-sqlite: start it so, or use 22.13 or newer.");
    return (loaded = found);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The part of better-sqlite3's interface that is used here, on Node's own SQLite. */
export class BuiltInDatabase {
  readonly #db: DatabaseSync;
  #open = true;
  #depth = 0;

  constructor(file: string | Buffer, options: Options = {}) {
    const { DatabaseSync: Driver } = load();
    if (typeof file === "string") {
      if (options.fileMustExist && !existsSync(file))
        throw Object.assign(new Error("unable to open database file"), { code: "SQLITE_CANTOPEN" });
      this.#db = coded(() => new Driver(file, { readOnly: options.readonly ?? false }));
    } else this.#db = coded(() => copyOf(file, Driver));
    this.exec(`PRAGMA busy_timeout = ${Math.trunc(options.timeout ?? 5000)}`);
  }

  get open(): boolean {
    return this.#open;
  }

  close(): this {
    if (this.#open) coded(() => this.#db.close());
    this.#open = false;
    return this;
  }

  exec(sql: string): this {
    coded(() => this.#db.exec(sql));
    return this;
  }

  prepare(sql: string): BuiltInStatement {
    return new BuiltInStatement(coded(() => this.#db.prepare(sql)));
  }

  /** `simple`: the first column of the first row. */
  pragma(text: string, { simple = false }: { simple?: boolean } = {}): unknown {
    const statement = this.prepare(`PRAGMA ${text}`);
    return simple ? statement.pluck().get() : statement.all();
  }

  /** Like better-sqlite3's: a function that runs in a transaction, or in a savepoint within another. */
  transaction<A extends unknown[], T>(body: (...args: A) => T) {
    const within =
      (begin: string) =>
      (...args: A): T => {
        const [start, end, undo] =
          this.#depth === 0 ? [begin, "COMMIT", "ROLLBACK"] : ["SAVEPOINT s", "RELEASE s", "ROLLBACK TO s; RELEASE s"];
        this.exec(start);
        this.#depth++;
        try {
          const result = body(...args);
          this.exec(end);
          return result;
        } catch (error) {
          try {
            this.exec(undo);
          } catch {
            // SQLite has ended it already: a full disk does that.
          }
          throw error;
        } finally {
          this.#depth--;
        }
      };
    return Object.assign(within("BEGIN"), {
      deferred: within("BEGIN DEFERRED"),
      immediate: within("BEGIN IMMEDIATE"),
      exclusive: within("BEGIN EXCLUSIVE"),
    });
  }
}

/** The bytes of a database, read through a file that is gone when it is open. */
function copyOf(bytes: Buffer, Driver: typeof DatabaseSync): DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), "labs-sqlite-"));
  try {
    const file = join(folder, "copy.db");
    writeFileSync(file, bytes);
    const memory = new Driver(":memory:");
    memory.exec(`ATTACH '${file.replaceAll("'", "''")}' AS copy`);
    return memoryCopy(memory);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes an attached database over into memory. */
function memoryCopy(memory: DatabaseSync): DatabaseSync {
  const objects = memory
    .prepare("SELECT type, name, sql FROM copy.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    .all() as { type: string; name: string; sql: string }[];
  const tables = objects.filter(({ type }) => type === "table");
  for (const { sql } of tables) memory.exec(sql);
  for (const { name } of tables) {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    memory.exec(`INSERT INTO main.${quoted} SELECT * FROM copy.${quoted}`);
  }
  for (const { type, sql } of objects) if (type !== "table") memory.exec(sql);
  const [version] = memory.prepare("PRAGMA copy.user_version").all() as { user_version: number }[];
  memory.exec(`PRAGMA main.user_version = ${version?.user_version ?? 0}; DETACH copy`);
  return memory;
}

class BuiltInStatement {
  readonly #statement: StatementSync;
  #pluck = false;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  /** Whether it returns rows. */
  get reader(): boolean {
    // A statement without columns has none to tell; older versions do not tell at all.
    const sql = this.#statement.sourceSQL.replace(/^(?:\s+|--[^\n]*\n|\/\*[^]*?\*\/)+/, "");
    return (
      /^(?:select|with\b(?![^]*\b(?:insert|update|delete)\b)|values|pragma|explain)\b/i.test(sql) ||
      /\breturning\b/i.test(sql)
    );
  }

  pluck(on = true): this {
    this.#pluck = on;
    return this;
  }

  run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    const { changes, lastInsertRowid } = coded(() => this.#statement.run(...bound(this.#statement, values)));
    return { changes: Number(changes), lastInsertRowid };
  }

  get(...values: unknown[]): unknown {
    return this.#shaped(coded(() => this.#statement.get(...bound(this.#statement, values))));
  }

  all(...values: unknown[]): unknown[] {
    return coded(() => this.#statement.all(...bound(this.#statement, values))).map((row) => this.#shaped(row));
  }

  *iterate(...values: unknown[]): Generator<unknown> {
    yield* this.all(...values);
  }

  #shaped(row: unknown): unknown {
    if (row === undefined || row === null) return undefined;
    return this.#pluck ? Object.values(row)[0] : { ...row };
  }
}

/** Values by position or by name; a name that a statement does not use is no mistake in better-sqlite3. */
function bound(statement: StatementSync, values: unknown[]): Values {
  const [first] = values;
  if (typeof first !== "object" || first === null || ArrayBuffer.isView(first)) return values as Values;
  const used = new Set(statement.sourceSQL.match(/[@:$]\w+/g)?.map((name) => name.slice(1)));
  return [Object.fromEntries(Object.entries(first).filter(([name]) => used.has(name)))] as Values;
}
