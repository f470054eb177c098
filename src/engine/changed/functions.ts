import { quoteLiteral } from "#duck/index.ts";
import type { AdapterSession } from "../adapter/index.ts";
import { readsOfTree, type SqlReads } from "./sql-reads.ts";

/** One query with everything that it calls looked up in DuckDB's catalogue. */
export interface Analysis {
  tables: string[];
  files: string[];
  /** Macros of the user that it calls, in turn too, with their definitions. */
  macros: Record<string, string>;
  /** Why the same query on the same data may give something else; null when it may not. */
  doubt: string | null;
}

interface Known {
  /** Says why its value may change; undefined for a function of its arguments. */
  doubt?: string;
  macro?: { reads: SqlReads; definition: string; own: boolean };
}

/** How many texts are taken apart by one query: their trees are long. */
const batch = 200;

/**
 * Takes queries apart with DuckDB's own parser and its own function catalogue. Never throws for what a query is: where
 * something cannot be known, `doubt` says so. Gives one analysis for each text.
 */
export async function analyseQueries(session: AdapterSession, texts: readonly string[]): Promise<Analysis[]> {
  const reads: SqlReads[] = [];
  for (let i = 0; i < texts.length; i += batch) reads.push(...(await parse(session, texts.slice(i, i + batch))));
  const catalogue = new Map<string, Known>();
  for (let wave = reads; wave.length > 0; ) {
    const names = new Set(wave.flatMap((r) => r.functions));
    wave = (
      await lookUp(
        session,
        [...names].filter((n) => !catalogue.has(n)),
        catalogue,
      )
    ).map((m) => m.reads);
  }
  return reads.map((own) => resolved(own, catalogue));
}

async function parse(session: AdapterSession, texts: readonly string[]): Promise<SqlReads[]> {
  if (texts.length === 0) return [];
  const list = texts.map((text) => quoteLiteral(text)).join(", ");
  const { rows } = await session.select(
    `select json_serialize_sql(t, skip_null := true, skip_empty := true) from (select unnest([${list}]) as t)`,
  );
  return rows.map(([tree]) => readsOf(String(tree)));
}

function readsOf(tree: string): SqlReads {
  try {
    return readsOfTree(JSON.parse(tree));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { tables: [], files: [], functions: [], doubt: "its SQL is nested too deeply to be taken apart" };
  }
}

/** Adds functions to the catalogue; gives the macros among them, whose bodies call others. */
async function lookUp(
  session: AdapterSession,
  names: string[],
  catalogue: Map<string, Known>,
): Promise<{ reads: SqlReads }[]> {
  if (names.length === 0) return [];
  const bare = [...new Set(names.map((n) => n.replace(/\(\)$/, "")))];
  const { rows } = await session.select(
    `select lower(function_name), function_type, stability, macro_definition, internal from duckdb_functions() where lower(function_name) in (${bare.map((n) => quoteLiteral(n)).join(", ")})`,
  );
  const found = new Map<string, Known>();
  const macros: { name: string; sql: string; definition: string; own: boolean }[] = [];
  for (const [name, type, stability, definition, internal] of rows as [string, string, unknown, unknown, unknown][]) {
    const entry = found.get(name) ?? {};
    if (type === "macro" || type === "table_macro") {
      const text = String(definition);
      macros.push({
        name,
        sql: type === "macro" ? `select ${text}` : text,
        definition: text,
        own: internal !== true,
      });
    } else if (type === "table" || type === "pragma") {
      if (names.includes(`${name}()`)) entry.doubt = `it reads from ${name}()`;
    } else if (stability !== "CONSISTENT") entry.doubt ??= `it calls ${name}()`;
    found.set(name, entry);
  }
  const bodies = await parse(
    session,
    macros.map((m) => m.sql),
  );
  for (const [i, { name, definition, own }] of macros.entries()) {
    const reads = bodies[i] as SqlReads;
    const before = found.get(name)?.macro;
    found.set(name, {
      ...found.get(name),
      macro: before
        ? {
            reads: merged(before.reads, reads),
            definition: `${before.definition}\n${definition}`,
            own: own || before.own,
          }
        : { reads, definition, own },
    });
  }
  for (const name of names)
    catalogue.set(
      name,
      found.get(name.replace(/\(\)$/, "")) ?? { doubt: `it calls ${name.replace(/\(\)$/, "")}(), which is unknown` },
    );
  return [...found.values()].flatMap((k) => (k.macro ? [k.macro] : []));
}

const merged = (a: SqlReads, b: SqlReads): SqlReads => ({
  tables: [...a.tables, ...b.tables],
  files: [...a.files, ...b.files],
  functions: [...a.functions, ...b.functions],
  ...((a.doubt ?? b.doubt) === undefined ? {} : { doubt: (a.doubt ?? b.doubt) as string }),
});

/** A query with its macros' bodies taken in. */
function resolved(own: SqlReads, catalogue: ReadonlyMap<string, Known>): Analysis {
  const tables = new Set(own.tables);
  const files = new Set(own.files);
  const macros: Record<string, string> = {};
  let doubt = own.doubt ?? null;
  const seen = new Set<string>();
  const queue = [...own.functions];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const known = catalogue.get(name);
    doubt ??= known?.doubt ?? null;
    if (!known?.macro) continue;
    const { reads, definition, own: users } = known.macro;
    // A macro of DuckDB refers to its parameters as columns: only what it calls and reads counts.
    doubt ??= reads.doubt ?? null;
    if (users) macros[name] = definition;
    for (const table of reads.tables) tables.add(table);
    for (const file of reads.files) files.add(file);
    queue.push(...reads.functions);
  }
  return { tables: [...tables], files: [...files], macros, doubt };
}

/** Definitions of macros as they are now, by name in lower case. */
export async function macroDefinitions(session: AdapterSession): Promise<Map<string, string>> {
  const { rows } = await session.select(
    "select lower(function_name), string_agg(macro_definition, chr(10)) from duckdb_functions() where not internal and function_type in ('macro', 'table_macro') group by 1",
  );
  return new Map(rows.map(([name, definition]) => [String(name), String(definition)]));
}
