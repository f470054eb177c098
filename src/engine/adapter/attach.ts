import { isAbsolute, join } from "node:path";
import { fromPlain, str } from "#jinja/index.ts";
import type { PlainRecord } from "../manifest/types.ts";
import { adapterError } from "./errors.ts";

const escape = (value: unknown): string => str(fromPlain(value)).replaceAll("'", "''");
const record = (value: unknown): PlainRecord =>
  typeof value === "object" && value !== null ? (value as PlainRecord) : {};

/** The ATTACH statement of an entry of the profile's `attach`. Errors: DBA-013 for an option that is written twice. */
export function attachStatement(entry: PlainRecord): string {
  const options = record(entry.options);
  const twice = ["type", "secret", "read_only"].filter((key) => entry[key] && key in options);
  if (twice.length > 0) {
    throw adapterError("profile", {
      message: `Attachment option(s) ${twice.join(", ")} of '${String(entry.path)}' are given both directly and under options.`,
      hint: "Keep one of the two.",
    });
  }
  const parts: string[] = [];
  const type = entry.type || options.type;
  const secret = entry.secret || options.secret;
  if (type) parts.push(`TYPE ${String(type)}`);
  if (secret) parts.push(`SECRET ${String(secret)}`);
  if (entry.read_only || options.read_only) parts.push("READ_ONLY");
  for (const [key, value] of Object.entries(options)) {
    if (key === "type" || key === "secret" || key === "read_only" || value === null || value === undefined) continue;
    if (typeof value === "boolean") {
      if (value) parts.push(key.toUpperCase());
    } else parts.push(`${key.toUpperCase()} ${typeof value === "string" ? quoted(value) : str(fromPlain(value))}`);
  }
  const alias = entry.alias ? ` AS ${String(entry.alias)}` : "";
  return `ATTACH IF NOT EXISTS '${escape(entry.path)}'${alias}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`;
}

const quoted = (value: string): string => (/^\s*(?:'.*'|".*")\s*$/s.test(value) ? value : `'${escape(value)}'`);

/** Path of an attachment, absolute where it is a file; `file` is undefined for what is no local file. */
export function attachmentPath(
  entry: PlainRecord,
  projectDir: string | undefined,
): { path: string; file?: string; readOnly: boolean } {
  const given = String(entry.path ?? "");
  const readOnly = Boolean(entry.read_only || record(entry.options).read_only);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(given)?.[1]?.toLowerCase();
  const remote =
    given === ":memory:" ||
    given === "" ||
    (scheme !== undefined && scheme !== "ducklake" && scheme !== "sqlite") ||
    isConnection(given);
  if (remote) return { path: given, readOnly };
  const prefix = scheme === undefined ? "" : given.slice(0, scheme.length + 1);
  const local = given.slice(prefix.length);
  const file = isAbsolute(local) || projectDir === undefined ? local : join(projectDir, local);
  return { path: prefix + file, file, readOnly };
}

/** `host=… dbname=…` of Postgres and MySQL. */
const isConnection = (path: string): boolean => /(^|\s)(host|dbname|user|port|database)\s*=/.test(path);

/** Files that a text of SQL attaches for writing (`ATTACH 'x.duckdb' AS y` without READ_ONLY) or replaces (`COPY … TO 'x'`). */
export function writtenFiles(sql: string): string[] {
  if (!/\b(attach|copy)\b/i.test(sql)) return [];
  const bare = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
  const found: string[] = [];
  const statement = /\battach\s+(?:or\s+replace\s+)?(?:database\s+)?(?:if\s+not\s+exists\s+)?'((?:[^']|'')*)'([^;]*)/gi;
  for (const [, path = "", rest = ""] of bare.matchAll(statement)) {
    if (!/\bread_only\b(?!\s+(?:false|0))/i.test(rest)) found.push(path.replaceAll("''", "'"));
  }
  if (/\bcopy\b/i.test(bare)) {
    for (const [, path = ""] of bare.matchAll(/\bto\s+'((?:[^']|'')*)'/gi)) found.push(path.replaceAll("''", "'"));
  }
  return found.filter((path) => path !== ":memory:" && path !== "" && !/^[a-z][a-z0-9+.-]+:/i.test(path));
}
