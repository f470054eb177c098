import type { Pool } from "pg";
import { ledgerErrors } from "../errors.ts";
import { migrations, schemaVersion } from "../migrations.ts";

/** Held by whoever writes: one batch at a time, as SQLite has it. One workspace a schema. */
export const exclusive = "SELECT pg_advisory_xact_lock(hashtext('buildcpg-labs'), hashtext(current_schema()))";

/** Who listens here is told when jobs come, end or are cancelled; with the schema, which listeners compare with theirs. */
export const queueChannel = "buildcpg_labs_queue";

/** What statements use of SQLite, and the news of jobs: a claim and its renewals are none. */
const functions = `
  CREATE OR REPLACE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS
    $$ SELECT CAST(document AS jsonb) #>> string_to_array(substr(path, 3), '.') $$;
  CREATE OR REPLACE FUNCTION labs_tell_of_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('${queueChannel}', TG_TABLE_SCHEMA);
    RETURN NULL;
  END $$;
  DROP TRIGGER IF EXISTS labs_tell_of_jobs ON jobs;
  CREATE TRIGGER labs_tell_of_jobs AFTER INSERT OR UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.state <> 'running' OR NEW.cancel_by IS NOT NULL) EXECUTE PROCEDURE labs_tell_of_jobs();`;

/** SQLite's types as PostgreSQL's. Text is compared by its bytes, as times and ids are meant to be. */
const translated = (migration: string): string =>
  migration
    .replace(/\bTEXT\b/g, 'TEXT COLLATE "C"')
    .replace(/\bINTEGER\b/g, "BIGINT")
    .replace(/\bREAL\b/g, "DOUBLE PRECISION")
    .replace(/\bWITHOUT ROWID\b/g, "");

/** Version of the schema; 0 where nothing is. */
export async function versionOf(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ there: boolean }>("SELECT to_regclass('labs_schema') IS NOT NULL AS there");
  if (!rows[0]?.there) return 0;
  return (await pool.query<{ version: number }>("SELECT version FROM labs_schema")).rows[0]?.version ?? 0;
}

/** Brings the schema up to date, once even when several hosts begin at the same moment. Errors: LED-004. */
export async function migrate(pool: Pool, name: string): Promise<void> {
  const before = await versionOf(pool);
  if (before > schemaVersion) throw tooNew(name, before);
  if (before === schemaVersion) return;
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = 10000; ${exclusive};
      CREATE TABLE IF NOT EXISTS labs_schema (version BIGINT NOT NULL)`);
    const { rows } = await client.query<{ version: number }>("SELECT version FROM labs_schema");
    const now = rows[0]?.version ?? 0;
    if (now < schemaVersion) {
      for (const migration of migrations.slice(now)) await client.query(translated(migration));
      await client.query(`${functions} DELETE FROM labs_schema; INSERT INTO labs_schema VALUES (${schemaVersion})`);
    }
    await client.query("COMMIT");
    broken = false;
  } finally {
    client.release(broken);
  }
}

const tooNew = (name: string, version: number) =>
  ledgerErrors.tooNew({
    message: `The ledger in ${name} has schema version ${version}; this version knows up to ${schemaVersion}.`,
    hint: "Update buildcpg-labs to the version the others in this workspace use.",
  });
