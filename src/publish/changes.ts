import { openDatabase, qualifiedName, quoteIdentifier, quoteLiteral, type SqlValue } from "#duck/index.ts";
import { columnsOf, diffTable, type Table, type TableDiff } from "./diff.ts";

/** One table of two snapshots, with some of the rows that differ. */
export interface TableChanges extends TableDiff {
  /** Columns of both. */
  sampleColumns: { name: string; type: string }[];
  /** Rows of one snapshot that the other has not, equal keys side by side; a changed row is there twice. */
  sample: { side: "before" | "after"; row: SqlValue[] }[];
}

/**
 * What changed in one table (`schema.table`), with at most `most` rows of each side; undefined when neither snapshot has it.
 * `key`: its key columns, if it has some. Errors: DUCK-001, DUCK-003.
 */
export async function diffOneTable(
  before: string,
  after: string,
  table: string,
  key: readonly string[],
  most: number,
): Promise<TableChanges | undefined> {
  const database = await openDatabase(":memory:");
  try {
    const connection = await database.connect();
    await connection.run(`ATTACH ${quoteLiteral(before)} AS a (READ_ONLY)`);
    await connection.run(`ATTACH ${quoteLiteral(after)} AS b (READ_ONLY)`);
    const left = (await columnsOf(connection, "a")).get(table);
    const right = (await columnsOf(connection, "b")).get(table);
    if (!left && !right) return undefined;
    const diff = await diffTable(connection, table, left, right, new Map([[table.toLowerCase(), key]]));
    if (!left || !right || diff.state === "same") return { ...diff, sampleColumns: [], sample: [] };
    const common = [...right.columns].filter(([name]) => left.columns.has(name));
    if (common.length === 0) return { ...diff, sampleColumns: [], sample: [] };
    const list = common.map(([name]) => quoteIdentifier(name)).join(", ");
    const from = (catalog: string, { schema, name }: Table) =>
      `SELECT ${list} FROM ${qualifiedName(catalog, schema, name)}`;
    const order = diff.key.length > 0 ? diff.key.map(quoteIdentifier).join(", ") : list;
    const only = (one: string, other: string) => `(FROM (${one} EXCEPT ALL ${other}) ORDER BY ${order} LIMIT ${most})`;
    const [a, b] = [from("a", left), from("b", right)];
    const { rows } = await connection.query(
      `SELECT * FROM (SELECT 'before' AS _side, * FROM ${only(a, b)} UNION ALL SELECT 'after', * FROM ${only(b, a)})
       ORDER BY ${order}, _side DESC`,
    );
    return {
      ...diff,
      sampleColumns: common.map(([name, type]) => ({ name, type })),
      sample: rows.map(([side, ...row]) => ({ side: side === "before" ? "before" : "after", row })),
    };
  } finally {
    await database.close();
  }
}
