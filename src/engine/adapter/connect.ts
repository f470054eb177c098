import { isAbsolute, join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import { type Connection, type Database, discardTornDatabase, openDatabase, quoteLiteral } from "#duck/index.ts";
import { fromPlain, str } from "#jinja/index.ts";
import type { Target } from "../1-read/types.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { attachmentPath, attachStatement } from "./attach.ts";
import { adapterError } from "./errors.ts";
import { secretStatements } from "./secrets.ts";
import { AdapterSession, exceptionName, type SessionOptions } from "./session.ts";

/** Asked before a file is opened or attached for writing, with its absolute path; throws, or answers why not. */
export type WriteGuard = (path: string) => void | string | undefined | Promise<void | string | undefined>;

export interface OpenTargetOptions {
  guard?: WriteGuard;
  /** Relative paths of the target and of `read_csv('…')` mean this folder. */
  projectDir?: string;
  readOnly?: boolean;
  /** The target's database, when the caller has it open already: a file is opened once a process. Closing it stays with the caller. */
  database?: Database;
}

/** A target's database, ready for sessions. */
export interface OpenTarget {
  database: Database;
  /** A connection with the target's settings. */
  connect(): Promise<Connection>;
  /** A session for one thread. */
  session(options?: Omit<SessionOptions, "connect">): AdapterSession;
  close(): Promise<void>;
}

/**
 * Opens the database of a target as dbt-duckdb does: config options, extensions, secrets, attachments; settings for each connection.
 * Extensions are loaded, never installed. Errors: DBA-011 refused by the guard, DBA-012 extension missing, DBA-013, DBA-014, DUCK-001, DUCK-002.
 */
export async function openTarget(target: Target, options: OpenTargetOptions = {}): Promise<OpenTarget> {
  refuseUnsupported(target);
  const path = absolute(target.path, options.projectDir);
  if (!options.readOnly) await askGuard(options.guard, path);
  const database = options.database ?? (await openWithRetries(target, path, options.readOnly ?? false));
  const close = async (): Promise<void> => (options.database ? undefined : database.close());
  try {
    const first = await database.connect();
    for (const extension of [...target.extensions, ...pluginExtensions(target)]) await loadExtension(first, extension);
    for (const sql of secretStatements(target)) await setUp(first, sql, "secret");
    for (const entry of target.attach) await attach(first, entry, options);
    await first.close();
  } catch (error) {
    await close();
    throw error;
  }
  const connect = async (): Promise<Connection> => {
    const connection = await database.connect();
    for (const sql of sessionStatements(target, options.projectDir)) await setUp(connection, sql, "setting");
    return connection;
  };
  return {
    database,
    connect,
    session: (more = {}) => {
      const retries = queryRetries(target);
      return new AdapterSession({
        disableTransactions: target.disableTransactions,
        ...(retries ? { retries } : {}),
        guardAttach: (sqlPath) => askGuard(options.guard, absolute(sqlPath, options.projectDir)),
        ...more,
        connect,
      });
    },
    close,
  };
}

function sessionStatements(target: Target, projectDir: string | undefined): string[] {
  const statements = projectDir === undefined ? [] : [`SET file_search_path = ${quoteLiteral(projectDir)}`];
  for (const [key, value] of Object.entries(target.settings))
    statements.push(`SET ${key} = ${quoteLiteral(str(fromPlain(value)))}`);
  return statements;
}

const absolute = (path: string, projectDir: string | undefined): string =>
  path === ":memory:" || projectDir === undefined || isAbsolute(path) || path.includes("://")
    ? path
    : join(projectDir, path);

async function askGuard(guard: WriteGuard | undefined, path: string): Promise<void> {
  if (guard === undefined || path.startsWith(":memory:") || path === "") return;
  const reason = await guard(path);
  if (typeof reason === "string") {
    throw adapterError("refused", {
      message: reason,
      data: { path },
      hint: "Attach it with read_only: true, or read its published snapshot.",
    });
  }
}

function refuseUnsupported(target: Target): void {
  const problem = (what: string, hint: string) =>
    adapterError("unsupported", { message: `The target '${target.targetName}' ${what}.`, hint });
  if (/^(md|motherduck):/i.test(target.path)) {
    throw problem("is a MotherDuck database", "This engine works on local DuckDB files.");
  }
  if (target.raw.remote) throw problem("runs on a remote Buena Vista server", "Remove `remote` from the profile.");
  if (Array.isArray(target.raw.filesystems) && target.raw.filesystems.length > 0) {
    throw problem(
      "uses fsspec filesystems, which are Python code",
      "Use a DuckDB extension such as httpfs with `secrets` instead.",
    );
  }
  for (const { module } of target.plugins) {
    if (module === "excel" || module === "sqlite") continue;
    const hint =
      "Attach the database (type sqlite, postgres, mysql), or read files with read_csv, read_parquet or read_xlsx.";
    throw problem(`uses the plugin '${String(module)}', which is Python code`, hint);
  }
}

const pluginExtensions = (target: Target): string[] => target.plugins.map(({ module }) => String(module));

async function openWithRetries(target: Target, path: string, readOnly: boolean): Promise<Database> {
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(target.configOptions)) {
    config[key] = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  }
  const attempts = Number(target.retries?.connect_attempts ?? 1);
  const retryable = exceptionsOf(target.retries);
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDatabase(path, { readOnly, config });
    } catch (error) {
      const cause = isLabsError(error) && error.cause instanceof Error ? error.cause.message : String(error);
      if (attempt >= attempts || !retryable.includes(exceptionName(cause))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** (attempt - 1)));
    }
  }
}

const exceptionsOf = (retries: PlainRecord | null): string[] =>
  Array.isArray(retries?.retryable_exceptions) ? retries.retryable_exceptions.map(String) : ["IOException"];

function queryRetries(target: Target): { attempts: number; exceptions: string[] } | undefined {
  const attempts = target.retries?.query_attempts;
  return typeof attempts === "number" ? { attempts, exceptions: exceptionsOf(target.retries) } : undefined;
}

async function loadExtension(connection: Connection, extension: string | PlainRecord): Promise<void> {
  const name = typeof extension === "string" ? extension : String(extension.name ?? "");
  if (name === "") {
    throw adapterError("profile", {
      message: `An extension of the profile has no name: ${JSON.stringify(extension)}`,
      hint: "Write `- name: spatial`.",
    });
  }
  try {
    await connection.run(`LOAD "${name.replaceAll('"', '""')}"`);
  } catch (error) {
    const from = typeof extension === "string" || !extension.repo ? "" : ` FROM ${String(extension.repo)}`;
    throw adapterError("extension", {
      message: `The DuckDB extension '${name}' cannot be loaded: ${firstLine(error)}`,
      hint: `Install it once where there is a network: run \`INSTALL ${name}${from};\` in any DuckDB of the same version.`,
      cause: error,
      data: { extension: name },
    });
  }
}

async function attach(connection: Connection, entry: PlainRecord, options: OpenTargetOptions): Promise<void> {
  const { path, file, readOnly } = attachmentPath(entry, options.projectDir);
  if (file !== undefined && !readOnly) await askGuard(options.guard, file);
  const type = String(entry.type ?? (entry.options as PlainRecord | undefined)?.type ?? "").toLowerCase();
  if (type !== "" && type !== "duckdb") await loadExtension(connection, type);
  else if (file !== undefined && !readOnly) discardTornDatabase(file);
  await setUp(connection, attachStatement({ ...entry, path }), "attachment");
}

/** Runs a statement of the target's own set-up. Errors: DBA-013 that says which part of the profile it came from. */
async function setUp(connection: Connection, sql: string, part: string): Promise<void> {
  try {
    await connection.run(sql);
  } catch (error) {
    const shown = part === "secret" ? "" : ` (${sql})`;
    throw adapterError("profile", {
      message: `A${part === "attachment" ? "n" : ""} ${part} of the profile does not work${shown}: ${firstLine(error)}`,
      hint: `Correct that ${part} in profiles.yml.`,
      cause: error,
    });
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
