import { type Connection, quoteIdentifier, quoteLiteral, type SqlValue } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import type { Ledger, ScoreInfo } from "#ledger/index.ts";
import { DataInspector } from "#quality/index.ts";
import type { Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { ColumnProfileJson, Grid, TableDetail, TableList } from "../types.ts";
import { cellOf } from "./cells.ts";
import { columnsOf, nodeDetail } from "./graphs.ts";
import { type ManifestNode, manifestOf, relationOf } from "./manifests.ts";
import { scoreJson } from "./runs.ts";
import type { Snapshots } from "./snapshots.ts";

/** Runs whose tests are looked through. */
const runsBack = 20;

/** Published tables and those that the last scored run scored. */
export async function tablesOf(ledger: Ledger, snapshots: Snapshots, lab: Lab): Promise<TableList> {
  const scores = await lastScores(ledger, lab.name);
  const version = currentOf(snapshots, lab);
  const names = new Map<string, TableList["tables"][number]>();
  for (const { schema, name, rows } of version?.tables ?? [])
    names.set(`${schema}.${name}`, { name: `${schema}.${name}`, rows, score: null, published: true });
  for (const { name, score, rows } of scores)
    names.set(name, { name, rows: names.get(name)?.rows ?? rows, score, published: names.has(name) });
  const tables = [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { tables, version: version?.version ?? null };
}

async function lastScores(ledger: Ledger, lab: string): Promise<ScoreInfo[]> {
  const scores = await ledger.scoresHistory({ lab, scope: "table", limit: 1 });
  return scores.filter(({ run }) => run === scores[0]?.run);
}

function currentOf(snapshots: Snapshots, lab: Lab) {
  try {
    return snapshots.version(lab);
  } catch (error) {
    if (isLabsError(error) && error.code === "PUB-001") return undefined;
    throw error;
  }
}

/** Everything about one table. Errors: SRV-006 when neither published nor scored. */
export async function tableDetail(
  ledger: Ledger,
  snapshots: Snapshots,
  lab: Lab,
  name: string,
  signal: AbortSignal,
): Promise<TableDetail> {
  const history = await ledger.scoresHistory({ lab: lab.name, scope: "table", name, limit: 30 });
  const version = currentOf(snapshots, lab);
  const published = version?.tables.some((table) => `${table.schema}.${table.name}` === name) ?? false;
  const node = nodeOf(lab, name);
  const [newest] = history;
  if (!published && !newest && !node) throw unknownTable(lab, name);
  const described = new Map((node ? columnsOf(node) : []).map((each) => [each.name.toLowerCase(), each.description]));
  const profile = published
    ? await snapshots.use(lab, { signal }, (connection) => profileOf(connection, name, described))
    : undefined;
  return {
    name,
    description: node?.description ?? "",
    node: node?.unique_id ?? null,
    published,
    version: version?.version ?? null,
    rows: profile?.rows ?? newest?.rows ?? null,
    bytes: profile?.bytes ?? null,
    columns: profile?.columns ?? [],
    score: newest ? scoreJson(newest) : null,
    history: history.map(({ run, time, score, rows }) => ({ run, time, score, rows })).reverse(),
    tests: await testsOf(ledger, lab, name, node),
  };
}

/** The tests of a table: their newest outcomes, and those of the runs before. */
async function testsOf(
  ledger: Ledger,
  lab: Lab,
  table: string,
  node: ManifestNode | undefined,
): Promise<TableDetail["tests"]> {
  const own = new Set(node ? nodeDetail(lab, node.unique_id).tests.map(({ id }) => id) : []);
  const tests = new Map<string, TableDetail["tests"][number]>();
  // Newest first: the first outcome of a test is the one that holds.
  for (const { id, startedAt } of await ledger.runs({ lab: lab.name, limit: runsBack })) {
    for (const { uniqueId, name, resourceType, relation, status, failures, message } of (await ledger.run(id)).models) {
      if (!/test|expectation/.test(resourceType) || !(relation === table || own.has(uniqueId))) continue;
      const known = tests.get(uniqueId);
      const test = known ?? { id: uniqueId, name, status, failures, message: message ?? null, run: id, history: [] };
      tests.set(uniqueId, test);
      test.history.unshift({ run: id, at: startedAt, status, failures });
    }
  }
  return [...tests.values()];
}

function nodeOf(lab: Lab, table: string): ManifestNode | undefined {
  try {
    return [...manifestOf(lab).nodes.values()].find((node) => relationOf(node) === table);
  } catch (error) {
    if (isLabsError(error) && error.code === "SRV-014") return undefined;
    throw error;
  }
}

const unknownTable = (lab: Lab, name: string) =>
  serverErrors.notFound({ message: `${lab.name} has no table ${name}.`, hint: "Its page lists the tables it has." });

async function profileOf(
  connection: Connection,
  name: string,
  described: Map<string, string>,
): Promise<{ rows: number | null; bytes: number | null; columns: ColumnProfileJson[] }> {
  const { tables } = await new DataInspector(connection).inspect({ tables: [name] });
  const [table] = tables;
  if (!table) return { rows: null, bytes: null, columns: [] };
  const columns = table.columns.map(
    (column): ColumnProfileJson => ({
      name: column.name,
      type: column.type,
      nulls: column.nulls,
      nullShare: column.nullShare,
      distinct: column.distinct,
      distinctExact: column.distinctExact,
      min: column.min,
      max: column.max,
      average: column.average ?? null,
      description: described.get(column.name.toLowerCase()) ?? "",
      top: column.topValues ?? [],
      histogram: column.histogram ?? [],
    }),
  );
  return { rows: table.rows, bytes: table.bytes, columns };
}

export interface RowsRequest {
  offset: number;
  limit: number;
  sort?: string | undefined;
  descending: boolean;
  /** Column and what its values contain, or are compared with (`>=10`). */
  filters: { column: string; text: string }[];
  version?: string | undefined;
}

/** A page of a published table, sorted and filtered there. Errors: SRV-005 unknown column, SRV-006, PUB-001, PUB-002. */
export function rowsOf(
  snapshots: Snapshots,
  lab: Lab,
  name: string,
  request: RowsRequest,
  signal: AbortSignal,
): Promise<Grid> {
  const known = snapshots.version(lab, request.version);
  const table = known.tables.find((each) => `${each.schema}.${each.name}` === name);
  if (!table) throw unknownTable(lab, name);
  const options = { signal, ...(request.version !== undefined && { version: request.version }) };
  return snapshots.use(lab, options, async (connection, version) => {
    const started = performance.now();
    const relation = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
    const { columns } = await connection.query(`SELECT * FROM ${relation} LIMIT 0`);
    const column = (wanted: string): string => {
      const found = columns.find((each) => each.name.toLowerCase() === wanted.toLowerCase());
      if (found) return quoteIdentifier(found.name);
      throw serverErrors.badRequest({ message: `${name} has no column ${wanted}.` });
    };
    const typeOf = (wanted: string) =>
      columns.find((each) => each.name.toLowerCase() === wanted.toLowerCase())?.type ?? "VARCHAR";
    const conditions = request.filters.map(({ column: of, text }) => condition(column(of), typeOf(of), text));
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
    // Without an order of their own rows come in the table's, which pages rely on.
    const order = request.sort
      ? ` ORDER BY ${column(request.sort)} ${request.descending ? "DESC" : "ASC"} NULLS LAST, rowid`
      : " ORDER BY rowid";
    const rows = await pageOf(connection, { relation, where, order, ...request, rows: table.rows });
    const total =
      conditions.length === 0
        ? table.rows
        : Number((await connection.query(`SELECT count(*) FROM ${relation}${where}`)).rows[0]?.[0] ?? 0);
    return {
      columns: columns.map(({ name: title, type }) => ({ name: title, type })),
      rows: rows.map((row) => row.map(cellOf)),
      total,
      more: request.offset + rows.length < total,
      seconds: (performance.now() - started) / 1000,
      version,
    };
  });
}

/** A filter's text: what a value contains, or `=`, `>`, `>=`, `<`, `<=` and what it is compared with. */
function condition(column: string, type: string, text: string): string {
  const [, sign, value = ""] = /^\s*(>=|<=|=|>|<)\s*(.*)$/s.exec(text) ?? [];
  if (sign === undefined) return `contains(lower(CAST(${column} AS VARCHAR)), ${quoteLiteral(text.toLowerCase())})`;
  return value === "" && sign === "="
    ? `${column} IS NULL`
    : `${column} ${sign} TRY_CAST(${quoteLiteral(value)} AS ${type})`;
}

interface Paged {
  relation: string;
  where: string;
  order: string;
  offset: number;
  limit: number;
  rows: number;
  sort?: string | undefined;
}

/**
 * The rows of a page. A snapshot's rows are numbered without a gap, so a page in their order is a range of numbers; for any
 * other order only numbers are sorted, and the page's rows are read by them: other columns would be sorted along for nothing.
 */
async function pageOf(connection: Connection, paged: Paged): Promise<SqlValue[][]> {
  const { relation, where, order, offset, limit } = paged;
  if (where === "" && paged.sort === undefined) {
    const { rows } = await connection.query(
      `SELECT * FROM ${relation} WHERE rowid >= ${offset} AND rowid < ${offset + limit} ORDER BY rowid`,
    );
    if (rows.length === Math.max(0, Math.min(limit, paged.rows - offset))) return rows;
  }
  const { rows: ids } = await connection.query(
    `SELECT rowid FROM ${relation}${where}${order} LIMIT ${limit} OFFSET ${offset}`,
  );
  if (ids.length === 0) return [];
  const list = ids.map(([id]) => String(id)).join(", ");
  return (await connection.query(`SELECT * FROM ${relation} WHERE rowid IN (${list})${order}`)).rows;
}
