import type { Database } from "#sqlite/index.ts";

/**
 * The schema's history, for SQLite and PostgreSQL: entry n brings version n to n + 1 (`PRAGMA user_version`). Types are TEXT,
 * INTEGER and REAL. An entry that was released is never edited; changes are appended.
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
  `
  ALTER TABLE runs ADD COLUMN job TEXT;
  ALTER TABLE runs ADD COLUMN attempt INTEGER;
  CREATE INDEX runs_by_job ON runs (job) WHERE job IS NOT NULL;

  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    lab TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    trigger_ TEXT NOT NULL,
    command TEXT NOT NULL,
    user_ TEXT NOT NULL,
    options TEXT NOT NULL,
    dedupe TEXT UNIQUE,
    due_at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    attempt INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    interruptions INTEGER NOT NULL,
    worker TEXT,
    lease_until TEXT,
    cancel_by TEXT,
    run TEXT,
    message TEXT,
    error TEXT
  );
  CREATE UNIQUE INDEX jobs_one_running ON jobs (lab) WHERE state = 'running';
  CREATE INDEX jobs_open ON jobs (state, lab) WHERE state IN ('queued', 'running');
  CREATE INDEX jobs_by_lab ON jobs (lab, id);

  CREATE TABLE lab_states (
    lab TEXT PRIMARY KEY,
    paused_at TEXT,
    paused_by TEXT,
    paused_why TEXT,
    scheduled_until TEXT,
    schedule_hash TEXT,
    files_seen TEXT
  );

  CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_token TEXT NOT NULL,
    user_ TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    stopped_at TEXT,
    info TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE alert_state (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    token TEXT NOT NULL,
    memory TEXT NOT NULL
  );
  INSERT INTO alert_state (id, version, token, memory) VALUES (1, 0, '', '{}');

  CREATE TABLE alert_runs (
    run TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    at TEXT NOT NULL
  );

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    seen INTEGER NOT NULL,
    over_at TEXT,
    data TEXT NOT NULL
  );
  CREATE UNIQUE INDEX incidents_one_open ON incidents (fingerprint) WHERE state = 'open';

  CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    incidents TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    sent_at TEXT,
    attempts INTEGER NOT NULL,
    message TEXT,
    problem TEXT
  );
  CREATE INDEX deliveries_due ON deliveries (id) WHERE state = 'due';
  CREATE INDEX deliveries_by_channel ON deliveries (channel, sent_at);

  CREATE TABLE alert_channels (
    channel TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    failing_since TEXT,
    problem TEXT,
    next_at TEXT,
    sent_at TEXT,
    holder TEXT,
    held_until TEXT
  );
  `,
  `
  CREATE TABLE access_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    used_at TEXT
  );

  CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT
  );

  CREATE TABLE answered_requests (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER,
    answer TEXT,
    at TEXT NOT NULL
  );
  `,
  `
  ALTER TABLE runs ADD COLUMN seen_at TEXT;
  `,
  `
  ALTER TABLE access_tokens ADD COLUMN labs TEXT;

  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    labs TEXT,
    password TEXT NOT NULL,
    password_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    used_at TEXT
  );
  `,
  `
  CREATE TABLE table_profiles (
    lab TEXT NOT NULL,
    name TEXT NOT NULL,
    run TEXT NOT NULL,
    at TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (lab, name, run)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    password_at TEXT,
    begun_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
  );
  CREATE INDEX sessions_by_owner ON sessions (owner);
  `,
  `
  ALTER TABLE jobs ADD COLUMN behind TEXT;
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
