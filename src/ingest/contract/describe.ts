import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig, SourceEntry } from "#registry/index.ts";
import { isPolled } from "../records/poll.ts";
import { storeOf } from "../load/shape.ts";
import { storeColumns } from "../load/store.ts";
import { proposeTypes } from "./propose.ts";
import type { Contract } from "./types.ts";

/** What can be said of a source after its rows were loaded. */
export interface ContractDescription {
  /** As found; undefined for formats that have none. */
  dialect?: Contract["dialect"];
  rows: number;
  columns: { name: string; type: string; nullable: boolean; format?: string }[];
  /** The first column, or pair of columns, whose values are all there and all different. */
  key: string[];
}

/** Looking for a key among more rows takes longer than loading them. */
const mostKeyRows = 2_000_000;

/**
 * Describes what a source's table holds. `typesFrom`: the contract has the types already, or they are found in the values,
 * which lie there as text.
 */
export async function describeContract(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  typesFrom: "contract" | "values",
): Promise<ContractDescription> {
  const store = storeOf(source.table);
  const stored = (await storeColumns(connection, source.table)) ?? [];
  const names = stored.map(({ name }) => name);
  const texts = names.map((name) => `${quoteIdentifier(name)}::VARCHAR AS ${quoteIdentifier(name)}`).join(", ");
  // JSON says itself what is a number; texts of digits stay texts.
  const csv = source.format === "csv" && !isPolled(source);
  const inValues = csv && typesFrom === "values";
  const typed = inValues ? await proposeTypes(connection, `(SELECT ${texts} FROM ${store})`, names) : contract.columns;
  const { rows } = await connection.query(
    `SELECT count(*), ${names.map((name) => `count(${quoteIdentifier(name)}), approx_count_distinct(${quoteIdentifier(name)})`).join(", ")} FROM ${store}`,
  );
  const [total = 0, ...counts] = (rows[0] ?? []).map(Number);
  const types = new Map(typed.map((column) => [column.name, column]));
  const columns = names.map((name, i) => {
    const column = types.get(name);
    return {
      name,
      type: column?.type ?? stored[i]?.type ?? "VARCHAR",
      nullable: counts[2 * i] !== total,
      ...(column?.format !== undefined && { format: column.format }),
    };
  });
  const distinct = new Map(names.map((name, i) => [name, counts[2 * i + 1] ?? 0]));
  const mayIdentify = columns
    .filter(({ type, nullable }) => !nullable && /^(BIGINT|INTEGER|HUGEINT|UUID|VARCHAR|DATE)/.test(type))
    .slice(0, 8);
  return {
    ...(csv && { dialect: contract.dialect }),
    rows: total,
    columns,
    key: await findKey(
      connection,
      store,
      mayIdentify.map(({ name }) => name),
      distinct,
      total,
    ),
  };
}

/** The first column, else the first pair of columns, that is different in every row. */
async function findKey(
  connection: Connection,
  store: string,
  names: string[],
  distinct: Map<string, number>,
  rows: number,
): Promise<string[]> {
  if (rows < 2 || rows > mostKeyRows) return [];
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  for (const key of [...names.map((name) => [name]), ...pairs]) {
    // The estimate is off by a few percent; what is far too little needs no count.
    if (key.reduce((product, name) => product * (distinct.get(name) ?? 0), 1) < rows * 0.7) continue;
    const list = key.map((name) => quoteIdentifier(name)).join(", ");
    const { rows: counted } = await connection.query(`SELECT count(*) FROM (SELECT DISTINCT ${list} FROM ${store})`);
    if (Number(counted[0]?.[0]) === rows) return key;
  }
  return [];
}

/** A description as an entry of `sources:` in lab.yml. */
export function sourceEntry(
  { name, path, format }: Pick<SourceConfig, "name" | "path" | "format">,
  { dialect, columns, key }: Omit<ContractDescription, "rows">,
): SourceEntry {
  return {
    name,
    ...(path.length > 0 && { path: path.length === 1 ? (path[0] ?? "") : path }),
    ...(format !== "csv" && { format }),
    ...(dialect && dialect.delimiter !== "," && { delimiter: dialect.delimiter }),
    ...(dialect && dialect.quote !== '"' && { quote: dialect.quote }),
    ...(dialect && dialect.escape !== dialect.quote && { escape: dialect.escape }),
    contract: "proposed",
    columns: Object.fromEntries(
      columns.map(({ name: column, type, nullable, format: written }) => [
        column,
        nullable && written === undefined
          ? type
          : { type, ...(!nullable && { nullable }), ...(written !== undefined && { format: written }) },
      ]),
    ),
    // Of a polled source a key changes what a poll does to the table: that is for people to say.
    ...(key.length > 0 && path.length > 0 && { key: key.length === 1 ? (key[0] ?? "") : key }),
  };
}
