import { type Connection, openDatabase, qualifiedName, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { type Distribution, distributions, isNumber } from "./distribution.ts";

/** What became of one column that both versions have. */
export interface ColumnDiff {
  name: string;
  /** Rows with the same key and another value; null without a key. */
  changed: number | null;
  /** Sums before and after, as text, for numbers; null otherwise. */
  sum: { before: string | null; after: string | null } | null;
  nulls: { before: number; after: number };
  /** How its values lie in both versions; null when its type changed. */
  distribution: Distribution | null;
}

/** What became of one table between two versions. */
export interface TableDiff {
  /** `schema.table` */
  table: string;
  state: "same" | "changed" | "added" | "removed";
  rows: { before: number; after: number };
  /** Columns by which rows were matched; empty when whole rows were compared. */
  key: string[];
  /** Rows (by key, or whole rows) that only the newer version has. */
  added: number;
  removed: number;
  /** Rows with the same key and another value somewhere; null without a key. */
  changed: number | null;
  columns: {
    added: { name: string; type: string }[];
    removed: { name: string; type: string }[];
    retyped: { name: string; before: string; after: string }[];
    /** Those of both whose values, as a whole, are not the same ones. */
    differ: ColumnDiff[];
  };
}

/**
 * Compares two snapshot files table by table. `keys` names the key columns of a table, by `schema.table` in lower case; a
 * key that is not unique or has a missing column is not used. Errors: DUCK-001, DUCK-003.
 */
export async function diffSnapshots(
  before: string,
  after: string,
  keys: ReadonlyMap<string, readonly string[]>,
): Promise<TableDiff[]> {
  const database = await openDatabase(":memory:");
  try {
    const connection = await database.connect();
    await connection.run(`ATTACH ${quoteLiteral(before)} AS a (READ_ONLY)`);
    await connection.run(`ATTACH ${quoteLiteral(after)} AS b (READ_ONLY)`);
    const [left, right] = [await columnsOf(connection, "a"), await columnsOf(connection, "b")];
    const tables = [...new Set([...left.keys(), ...right.keys()])].sort();
    const diffs: TableDiff[] = [];
    for (const table of tables) diffs.push(await diffTable(connection, table, left.get(table), right.get(table), keys));
    return diffs;
  } finally {
    await database.close();
  }
}

/** A table of a snapshot: types by column. */
export interface Table {
  schema: string;
  name: string;
  columns: Map<string, string>;
}

export async function columnsOf(connection: Connection, catalog: string): Promise<Map<string, Table>> {
  const { rows } = await connection.query(
    `SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name = ${quoteLiteral(catalog)} AND schema_name <> '_labs' ORDER BY schema_name, table_name, column_index`,
  );
  const tables = new Map<string, Table>();
  for (const [schema = "", name = "", column = "", type = ""] of rows.map((row) => row.map(String))) {
    const key = `${schema}.${name}`;
    let table = tables.get(key);
    if (!table) tables.set(key, (table = { schema, name, columns: new Map() }));
    table.columns.set(column, type);
  }
  return tables;
}

/** Compares one table of the attached `a` and `b`. */
export async function diffTable(
  connection: Connection,
  table: string,
  left: Table | undefined,
  right: Table | undefined,
  keys: ReadonlyMap<string, readonly string[]>,
): Promise<TableDiff> {
  const name = (catalog: string, t: Table) => qualifiedName(catalog, t.schema, t.name);
  const [a, b] = [left && name("a", left), right && name("b", right)];
  const number = async (sql: string): Promise<number> => Number((await connection.query(sql)).rows[0]?.[0] ?? 0);
  const rows = {
    before: a === undefined ? 0 : await number(`SELECT count(*) FROM ${a}`),
    after: b === undefined ? 0 : await number(`SELECT count(*) FROM ${b}`),
  };
  const nothing = { added: [], removed: [], retyped: [], differ: [] };
  if (!left || !right || a === undefined || b === undefined) {
    const state = right ? "added" : "removed";
    return { table, state, rows, key: [], added: rows.after, removed: rows.before, changed: null, columns: nothing };
  }
  const common = [...right.columns.keys()].filter((c) => left.columns.has(c));
  const typed = (from: Table, other: Table) =>
    [...from.columns].flatMap(([c, type]) => (other.columns.has(c) ? [] : [{ name: c, type }]));
  const retyped = common.flatMap((c) => {
    const [from = "", to = ""] = [left.columns.get(c), right.columns.get(c)];
    return from === to ? [] : [{ name: c, before: from, after: to }];
  });
  const key = await usableKey(connection, [a, b], common, keys.get(table.toLowerCase()) ?? []);
  const list = common.map(quoteIdentifier).join(", ");
  const counts =
    key.length > 0
      ? await byKey(connection, a, b, key, common)
      : {
          added: await number(`SELECT count(*) FROM (SELECT ${list} FROM ${b} EXCEPT ALL SELECT ${list} FROM ${a})`),
          removed: await number(`SELECT count(*) FROM (SELECT ${list} FROM ${a} EXCEPT ALL SELECT ${list} FROM ${b})`),
          changed: null,
          byColumn: new Map<string, number>(),
        };
  const different = counts.added + counts.removed + (counts.changed ?? 0) > 0;
  const columns = {
    added: typed(right, left),
    removed: typed(left, right),
    retyped,
    differ: different ? await columnDiffs(connection, [a, b], common, [left, right], counts, rows) : [],
  };
  const shape = columns.added.length + columns.removed.length + retyped.length > 0;
  const { added, removed, changed } = counts;
  return { table, state: different || shape ? "changed" : "same", rows, key, added, removed, changed, columns };
}

async function usableKey(
  connection: Connection,
  relations: string[],
  common: string[],
  wanted: readonly string[],
): Promise<string[]> {
  const key = wanted.flatMap((w) => common.find((c) => c.toLowerCase() === w.toLowerCase()) ?? []);
  if (key.length === 0 || key.length < wanted.length) return [];
  const list = key.map(quoteIdentifier).join(", ");
  for (const relation of relations) {
    const { rows } = await connection.query(
      `SELECT count(*) = count(DISTINCT (${list})) AND count(*) = count(*) FILTER (WHERE ${key.map((c) => `${quoteIdentifier(c)} IS NOT NULL`).join(" AND ")}) FROM ${relation}`,
    );
    if (rows[0]?.[0] !== true) return [];
  }
  return key;
}

interface Counts {
  added: number;
  removed: number;
  changed: number | null;
  byColumn: Map<string, number>;
}

async function byKey(connection: Connection, a: string, b: string, key: string[], common: string[]): Promise<Counts> {
  const on = key.map((c) => `x.${quoteIdentifier(c)} = y.${quoteIdentifier(c)}`).join(" AND ");
  const others = common.filter((c) => !key.includes(c));
  const differs = others.map((c) => `x.${quoteIdentifier(c)} IS DISTINCT FROM y.${quoteIdentifier(c)}`);
  const first = quoteIdentifier(key[0] ?? "");
  const both = `x.${first} IS NOT NULL AND y.${first} IS NOT NULL`;
  const { rows } = await connection.query(
    `SELECT count(*) FILTER (WHERE x.${first} IS NULL), count(*) FILTER (WHERE y.${first} IS NULL),
       count(*) FILTER (WHERE ${both} AND (${differs.join(" OR ") || "false"}))${differs.map((d) => `, count(*) FILTER (WHERE ${both} AND ${d})`).join("")}
     FROM ${a} x FULL JOIN ${b} y ON ${on}`,
  );
  const [added = 0, removed = 0, changed = 0, ...each] = (rows[0] ?? []).map(Number);
  return { added, removed, changed, byColumn: new Map(others.map((c, i) => [c, each[i] ?? 0])) };
}

/** Nulls, sums, changed values and distributions of the columns that are not the same in both. */
async function columnDiffs(
  connection: Connection,
  relations: readonly [string, string],
  common: string[],
  [left, right]: readonly [Table, Table],
  counts: Counts,
  rows: { before: number; after: number },
): Promise<ColumnDiff[]> {
  const measures = common.flatMap((c) => {
    const q = quoteIdentifier(c);
    const kept = left.columns.get(c) === right.columns.get(c);
    return [
      `count(*) - count(${q})`,
      isNumber(right.columns.get(c) ?? "") ? `sum(${q})::VARCHAR` : "NULL",
      // The same for the same values in any order.
      kept ? `sum(hash(${q})::HUGEINT)::VARCHAR` : "NULL",
    ];
  });
  const of = async (relation: string) =>
    (await connection.query(`SELECT ${measures.join(", ")} FROM ${relation}`)).rows[0] ?? [];
  const [before, after] = [await of(relations[0]), await of(relations[1])];
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  const differ = common.flatMap((name, i) => {
    const nulls = { before: Number(before[3 * i]), after: Number(after[3 * i]) };
    const sums = { before: text(before[3 * i + 1]), after: text(after[3 * i + 1]) };
    const summed = isNumber(right.columns.get(name) ?? "");
    const changed = counts.changed === null ? null : (counts.byColumn.get(name) ?? 0);
    const [hashes, others] = [text(before[3 * i + 2]), text(after[3 * i + 2])];
    // Sums of floats depend on the order of rows; hashes do not, where there are any.
    const same =
      hashes === null && others === null
        ? nulls.before === nulls.after && sums.before === sums.after
        : hashes === others;
    if ((changed ?? 0) === 0 && same) return [];
    return [{ name, changed, sum: summed ? sums : null, nulls }];
  });
  const kept = differ.flatMap(({ name }) => {
    const type = right.columns.get(name);
    return type !== undefined && type === left.columns.get(name) ? [{ name, type }] : [];
  });
  const spread = await distributions(connection, relations, kept, rows);
  return differ.map((column) => ({ ...column, distribution: spread.get(column.name) ?? null }));
}
