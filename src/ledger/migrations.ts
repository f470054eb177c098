import type { Database } from "better-sqlite3";

/**
 * The schema's history: entry n brings version n to n + 1 (`PRAGMA user_version`).
 * An entry that was released is never edited; changes are appended.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    lab TEXT NOT NULL,
    trigger_ TEXT NOT NULL,
    command TEXT NOT NULL,
    user_ TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_token TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    status TEXT NOT NULL,
    code_version TEXT,
    config_hash TEXT,
    summary TEXT
  ) WITHOUT ROWID;
  CREATE INDEX runs_by_lab ON runs (lab, id);
  CREATE INDEX runs_unfinished ON runs (status) WHERE status = 'running';

  CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    rows_ INTEGER,
    error TEXT,
    data TEXT,
    PRIMARY KEY (run, position)
  ) WITHOUT ROWID;

  CREATE TABLE models (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    unique_id TEXT NOT NULL,
    name TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    status TEXT NOT NULL,
    seconds REAL NOT NULL,
    rows_ INTEGER,
    failures INTEGER,
    message TEXT,
    relation TEXT,
    PRIMARY KEY (run, unique_id)
  ) WITHOUT ROWID;

  CREATE TABLE events (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    time TEXT NOT NULL,
    level TEXT NOT NULL,
    step TEXT,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    data TEXT,
    PRIMARY KEY (run, seq)
  ) WITHOUT ROWID;

  CREATE TABLE scores (
    lab TEXT NOT NULL,
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    score REAL NOT NULL,
    rows_ INTEGER,
    parts TEXT,
    PRIMARY KEY (lab, run, scope, name)
  ) WITHOUT ROWID;
  CREATE INDEX scores_by_run ON scores (run);
  `,
];

export const schemaVersion = migrations.length;

/** Version of the schema in a file; 0 for an empty one. */
export function versionOf(db: Database): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/** Brings the schema up to date, once even when several processes begin at the same moment. */
export function migrate(db: Database): void {
  if (versionOf(db) >= schemaVersion) return;
  db.transaction(() => {
    for (let version = versionOf(db); version < schemaVersion; version++) {
      db.exec(migrations[version] as string);
    }
    db.pragma(`user_version = ${schemaVersion}`);
  }).immediate();
}
