import { type Database, DatabaseJournal } from "#duck/index.ts";
import { openForLoading } from "#ingest/index.ts";
import type { Lab } from "#registry/index.ts";
import { WriteBack } from "./alongside.ts";
import { limitByProfile } from "./profile-limits.ts";
import type { RunLabOptions } from "./types.ts";

/** A lab's database during its run: opened once for all stages, and closed while a step of the lab's own has the file. */
export class LabDatabase {
  readonly #lab: Lab;
  readonly #share: RunLabOptions["share"];
  readonly #later: Promise<void>[] = [];
  #journal: DatabaseJournal;
  #database: Database | undefined;
  #writeBack: WriteBack | undefined;

  constructor(lab: Lab, share: RunLabOptions["share"]) {
    this.#lab = lab;
    this.#share = share;
    this.#journal = DatabaseJournal.open(lab.paths.database);
  }

  get journal(): DatabaseJournal {
    return this.#journal;
  }

  /** Errors: DuckDB's, and those of settings that it refuses. */
  async open(): Promise<Database> {
    if (this.#database) return this.#database;
    this.#database = await openForLoading(this.#lab, this.#share);
    await limitByProfile(this.#lab, this.#database);
    return this.#database;
  }

  async writeBack(): Promise<WriteBack> {
    const database = await this.open();
    return (this.#writeBack ??= new WriteBack(database));
  }

  /** Work that needs the database a while longer and never rejects: closing waits for it. */
  later(work: Promise<void>): void {
    this.#later.push(work);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#later.splice(0), this.#writeBack?.end()]);
    this.#writeBack = undefined;
    await this.#database?.close();
    this.#database = undefined;
  }

  async whileClosed<T>(body: () => Promise<T>): Promise<T> {
    await this.close();
    this.#journal.seal();
    try {
      return await body();
    } finally {
      this.#journal = DatabaseJournal.open(this.#lab.paths.database);
    }
  }
}
