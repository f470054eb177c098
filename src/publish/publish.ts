import { createHash } from "node:crypto";
import {
  type Connection,
  type Database,
  duckdbVersion,
  openDatabase,
  quoteIdentifier,
  quoteLiteral,
} from "#duck/index.ts";
import { publishErrors } from "./errors.ts";
import { baseOf, type Relation } from "./reuse.ts";
import { publishable, type SnapshotAbout, writeSnapshot } from "./snapshot.ts";
import type { KeptVersion, PublishedVersion } from "./types.ts";
import { VersionFolder } from "./versions.ts";

export interface PublishOptions {
  /** Default: the gold layer; see `publishable`. */
  schemas?: string[];
  runId: string | null;
  score: number | null;
  /** While the gate has yet to decide, the snapshot is written already, and readers get it then or never. */
  decision?: Promise<Decision>;
  /**
   * Proof of what a relation was made from, when there is one: a table of the same identity has the same rows. A version
   * whose relations are all those of the one before is not published twice, and tables that are need not be written.
   */
  identity?: (relation: { schema: string; name: string }) => string | null;
  /** Versions to keep. */
  keep: number;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export interface Decision {
  publish: boolean;
  score: number | null;
}

export type Publication =
  | { outcome: "published"; version: PublishedVersion }
  /** Readers have this already. */
  | { outcome: "unchanged"; version: KeptVersion }
  /** Somebody took this basis back with a rollback. */
  | { outcome: "held"; version: KeptVersion | undefined }
  /** There is no relation to publish. */
  | { outcome: "empty" }
  /** The decision was against it. */
  | { outcome: "refused" };

/**
 * Gives readers what is in a lab's live database now: a snapshot beside it, complete before it gets its name. The caller
 * holds the lab's lock, has the database open until this ends, and has passed the gate or gives its decision later.
 * Errors: PUB-003, PUB-007, DUCK-003, DUCK-004.
 */
export async function publish(database: Database, options: PublishOptions): Promise<Publication> {
  const folder = new VersionFolder(database.path);
  const connection = await database.connect();
  try {
    const relations = (await publishable(connection, options.schemas)).map(
      (relation): Relation => ({ ...relation, identity: options.identity?.(relation) ?? null }),
    );
    if (relations.length === 0) return { outcome: "empty" };
    const basis = basisOf(relations);
    const now = folder.now();
    if (basis !== null && now?.basis === basis) return { outcome: "unchanged", version: now };
    if (basis !== null && folder.held === basis) return { outcome: "held", version: now };
    folder.prepare();
    const file = folder.temporary();
    let about: SnapshotAbout | undefined;
    const decided = async (): Promise<SnapshotAbout | undefined> => {
      const { publish: wanted, score } = (await options.decision) ?? { publish: true, score: options.score };
      if (!wanted) return undefined;
      const at = new Date((options.clock ?? Date.now)()).toISOString();
      const version = folder.free(`${at.replace(/[-:]|\.\d+/g, "")}-${(options.runId ?? "by-hand").slice(-7)}`);
      return (about = { version, runId: options.runId, publishedAt: at, score });
    };
    let published: PublishedVersion;
    try {
      const before = now && folder.fileOf(now.version);
      const base = now && before !== undefined ? baseOf({ version: now, file: before }, relations) : undefined;
      const written = await writeSnapshot(connection, file, relations, decided, base);
      if (about === undefined) {
        folder.discard(file, undefined);
        return { outcome: "refused" };
      }
      published = folder.add(file, { ...about, ...written, duckdb: duckdbVersion(), basis });
    } catch (error) {
      throw folder.discard(file, error);
    }
    folder.prune(options.keep);
    return { outcome: "published", version: published };
  } finally {
    await connection.close();
  }
}

/** What all relations were made from; null when one of them is not known. */
function basisOf(relations: readonly Relation[]): string | null {
  if (relations.some(({ identity }) => identity === null)) return null;
  const all = relations.map(({ schema, name, type, identity }) => [schema, name, type, identity]);
  return createHash("sha256").update(JSON.stringify(all)).digest("base64url");
}

/** Every version of a lab that is kept, the newest first. */
export const publishedVersions = (databasePath: string): KeptVersion[] => new VersionFolder(databasePath).list();

/**
 * Gives readers an older version back: the one named, or the one before the current. What was taken back is not published
 * again until something about it changes. The caller holds the lab's lock. Errors: PUB-001, PUB-002, PUB-003.
 */
export function rollBack(databasePath: string, version?: string): KeptVersion {
  const folder = new VersionFolder(databasePath);
  const all = folder.list();
  if (all.length === 0) throw nothingPublished(databasePath);
  const at = all.findIndex(({ current }) => current);
  const wanted = version ?? all[at + 1]?.version;
  if (wanted === undefined)
    throw publishErrors.versionUnknown({
      message: "There is no older version to go back to.",
      hint: "Versions are kept by count: set `publish: {keep: 10}` in lab.yml to keep more from now on.",
    });
  return folder.restore(wanted);
}

/** The snapshot that readers see, opened for reading; it never blocks a run, and no run blocks it. Errors: PUB-001, DUCK-001. */
export async function openPublished(databasePath: string, version?: string): Promise<Database> {
  const file = new VersionFolder(databasePath).fileOf(version);
  if (file === undefined) throw version === undefined ? nothingPublished(databasePath) : unknownVersion(version);
  return openDatabase(file, { readOnly: true });
}

/** A connection to a snapshot on which a table's name is enough, unless two schemas have tables of one name. */
export async function connectPublished(snapshot: Database): Promise<Connection> {
  const connection = await snapshot.connect();
  const { rows } = await connection.query(
    `WITH published AS (FROM duckdb_tables() WHERE NOT internal AND schema_name <> '_labs')
     SELECT DISTINCT schema_name FROM published
     WHERE (SELECT count(*) = count(DISTINCT lower(table_name)) FROM published) ORDER BY ALL`,
  );
  const path = ["main", ...rows.map(([schema]) => String(schema)).filter((schema) => schema !== "main")];
  await connection.run(`SET search_path = ${quoteLiteral(path.map(quoteIdentifier).join(","))}`);
  return connection;
}

/** A kept version and its own file, which no publication replaces; default: what readers see. Errors: PUB-001, PUB-002. */
export function snapshotOf(databasePath: string, wanted?: string): { file: string; version: KeptVersion } {
  const folder = new VersionFolder(databasePath);
  const version = folder.list().find((v) => (wanted === undefined ? v.current : v.version === wanted));
  const file = version && folder.fileOf(version.version);
  if (version && file !== undefined) return { file, version };
  throw wanted === undefined ? nothingPublished(databasePath) : unknownVersion(wanted);
}

/** Two kept versions: those that are named, else the current one and the one before it. Errors: PUB-001, PUB-002. */
export function twoVersions(
  databasePath: string,
  before?: string,
  after?: string,
): { before: KeptVersion & { file: string }; after: KeptVersion & { file: string } } {
  const folder = new VersionFolder(databasePath);
  const all = folder.list();
  if (all.length === 0) throw nothingPublished(databasePath);
  const find = (version: string | undefined, what: string): KeptVersion & { file: string } => {
    const found = all.find((v) => v.version === version);
    const file = found && folder.fileOf(found.version);
    if (found && file !== undefined) return { ...found, file };
    throw publishErrors.versionUnknown({
      message:
        version === undefined
          ? `There is no ${what} version to compare with.`
          : `There is no published version ${version}.`,
      hint: `Kept are: ${all.map((v) => v.version).join(", ")}.`,
    });
  };
  const now = Math.max(
    0,
    all.findIndex(({ current, version }) => (after === undefined ? current : version === after)),
  );
  return { before: find(before ?? all[now + 1]?.version, "older"), after: find(after ?? all[now]?.version, "newer") };
}

const unknownVersion = (version: string) =>
  publishErrors.versionUnknown({
    message: `There is no published version ${version}.`,
    hint: "`labs publish <lab> --list` shows those that are kept.",
  });

const nothingPublished = (databasePath: string) =>
  publishErrors.nothingPublished({
    message: `Nothing of ${databasePath} is published yet.`,
    hint: "`labs run` publishes when models, tests and score allow it; `--live` reads the working database.",
  });
