import { createHash } from "node:crypto";
import { join } from "node:path";
import { type DatabaseJournal, duckdbVersion, relationKey } from "#duck/index.ts";
import type { Counted, KnownCounts } from "#quality/index.ts";
import { type Lab, readText, type Workspace, writeAtomic } from "#registry/index.ts";

interface Kept {
  /** The write that made the rows, see {@link DatabaseJournal.identity}. */
  identity: string;
  /** Hash of what was asked. */
  question: string;
  counted: Counted;
}

interface Content {
  /** Another DuckDB may count otherwise, and times without a zone are the machine's. */
  made: string;
  tables: Record<string, Kept>;
}

/**
 * What the last run counted of a lab's tables, in `.labs/counts/<lab>.json`: while the journal of the database proves that
 * nobody has written to a table, a run need not read it again. Views are read each time, but for those of loaded files,
 * which show what was loaded and nothing else.
 */
export class KeptCounts implements KnownCounts {
  readonly #file: string;
  readonly #journal: DatabaseJournal;
  /** `schema.table` in lower case. */
  readonly #loaded: ReadonlySet<string>;
  readonly #before: Content;
  readonly #now: Content = { made: made(), tables: noTables() };

  /** `loaded`: the tables of ingestion as `raw.<table>`. */
  constructor(workspace: Workspace, lab: Lab, journal: DatabaseJournal, loaded: readonly string[]) {
    this.#file = join(workspace.state, "counts", `${lab.name}.json`);
    this.#journal = journal;
    this.#loaded = new Set(loaded.map((table) => table.toLowerCase()));
    this.#before = readContent(this.#file);
  }

  get(...[relation, question]: Parameters<KnownCounts["get"]>): Counted | undefined {
    const kept = this.#before.tables[relation.label];
    if (!kept || kept.identity !== this.#identity(relation) || kept.question !== hash(question)) return undefined;
    this.#now.tables[relation.label] = kept;
    return kept.counted;
  }

  set(...[relation, question, counted]: Parameters<KnownCounts["set"]>): void {
    const identity = this.#identity(relation);
    if (identity !== null) this.#now.tables[relation.label] = { identity, question: hash(question), counted };
  }

  /**
   * Writes what is known now. Only after the journal was sealed: it numbers the writes, and after a crash it would give the
   * same number to another one.
   */
  keep(): void {
    const text = JSON.stringify(this.#now);
    try {
      if (text !== JSON.stringify(this.#before)) writeAtomic(this.#file, text);
    } catch {
      // The next run counts again.
    }
  }

  #identity({ schema, name, label, type }: Parameters<KnownCounts["get"]>[0]): string | null {
    if (type === "view" && !this.#loaded.has(label.toLowerCase())) return null;
    return this.#journal.identity(relationKey(schema, name));
  }
}

/** Names of tables are keys: without a prototype all are free. */
const noTables = () => Object.create(null) as Content["tables"];

const hash = (text: string): string => createHash("sha256").update(text).digest("base64url");

function made(): string {
  const offset = (month: number) => -new Date(new Date().getFullYear(), month, 1).getTimezoneOffset();
  return `${duckdbVersion()} ${offset(0)} ${offset(6)}`;
}

function readContent(file: string): Content {
  const nothing: Content = { made: made(), tables: noTables() };
  try {
    const { made: by, tables } = JSON.parse(readText(file)) as Content;
    return by === nothing.made ? { made: by, tables: Object.assign(nothing.tables, tables) } : nothing;
  } catch {
    return nothing;
  }
}
