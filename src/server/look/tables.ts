import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import type { Ledger, ScoreInfo } from "#ledger/index.ts";
import { type ColumnProfile, DataInspector } from "#quality/index.ts";
import type { Lab } from "#registry/index.ts";
import { serverErrors } from "../errors.ts";
import type { ColumnProfileJson, Grid, TableDetail, TableList } from "../types.ts";
import { cellOf } from "./cells.ts";
import { columnsOf, nodeDetail } from "./graphs.ts";
import { type ManifestNode, manifestOf, relationOf } from "./manifests.ts";
import { scoreJson } from "./runs.ts";
import type { Snapshots } from "./snapshots.ts";

const topValues = 5;
const bins = 16;
/** Tables with more columns than this are profiled without top values and histograms. */
const mostColumns = 80;

const numeric = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL)/;
const nested = /\[|^STRUCT|^MAP|^UNION|^BLOB|^BIT|^JSON/;

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

/** The outcomes of a table's tests in the newest run that had any. */
async function testsOf(
  ledger: Ledger,
  lab: Lab,
  table: string,
  node: ManifestNode | undefined,
): Promise<TableDetail["tests"]> {
  const own = new Set(node ? nodeDetail(lab, node.unique_id).tests.map(({ id }) => id) : []);
  for (const { id } of await ledger.runs({ lab: lab.name, limit: 5 })) {
    const tests = (await ledger.run(id)).models.filter(
      ({ uniqueId, resourceType, relation }) =>
        /test|expectation/.test(resourceType) && (relation === table || own.has(uniqueId)),
    );
    if (tests.length === 0) continue;
    return tests.map(({ uniqueId, name, status, failures, message }) => ({
      id: uniqueId,
      name,
      status,
      failures,
      message: message ?? null,
      run: id,
    }));
  }
  return [];
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
  const relation = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
  const columns: ColumnProfileJson[] = [];
  for (const column of table.columns) {
    const detailed = table.columns.length <= mostColumns;
    columns.push({
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
      top: detailed ? await topOf(connection, relation, column) : [],
      histogram: detailed ? await histogramOf(connection, relation, column) : [],
    });
  }
  return { rows: table.rows, bytes: table.bytes, columns };
}

async function topOf(connection: Connection, relation: string, column: ColumnProfile) {
  if (nested.test(column.type) || column.distinct === 0) return [];
  const name = quoteIdentifier(column.name);
  const { rows } = await connection.query(
    `SELECT CAST(${name} AS VARCHAR), count(*) FROM ${relation} WHERE ${name} IS NOT NULL
     GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT ${topValues}`,
  );
  return rows.map(([value, count]) => ({ value: String(value).slice(0, 200), rows: Number(count) }));
}

async function histogramOf(connection: Connection, relation: string, column: ColumnProfile) {
  if (!numeric.test(column.type) || column.distinct < 2) return [];
  const value = `CAST(${quoteIdentifier(column.name)} AS DOUBLE)`;
  const { rows } = await connection.query(
    `WITH v AS (SELECT ${value} AS x FROM ${relation} WHERE isfinite(${value})),
       r AS (SELECT min(x) AS lo, max(x) AS hi FROM v)
     SELECT least(${bins - 1}, CAST(floor((x - lo) / (hi - lo) * ${bins}) AS INTEGER)) AS bin, any_value(lo), any_value(hi), count(*)
     FROM v, r WHERE hi > lo GROUP BY bin ORDER BY bin`,
  );
  const [first] = rows;
  if (!first) return [];
  const [lo, hi] = [Number(first[1]), Number(first[2])];
  const counts = new Map(rows.map(([bin, , , count]) => [Number(bin), Number(count)]));
  const step = (hi - lo) / bins;
  return Array.from({ length: bins }, (_, i) => ({
    from: lo + i * step,
    to: lo + (i + 1) * step,
    rows: counts.get(i) ?? 0,
  }));
}

export interface RowsRequest {
  offset: number;
  limit: number;
  sort?: string | undefined;
  descending: boolean;
  /** Column and text that it contains. */
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
    const conditions = request.filters.map(
      ({ column: of, text }) => `contains(lower(CAST(${column(of)} AS VARCHAR)), ${quoteLiteral(text.toLowerCase())})`,
    );
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
    // Without an order of their own rows come in the table's, which pages rely on.
    const order = request.sort
      ? ` ORDER BY ${column(request.sort)} ${request.descending ? "DESC" : "ASC"} NULLS LAST, rowid`
      : " ORDER BY rowid";
    const { rows } = await connection.query(
      `SELECT * FROM ${relation}${where}${order} LIMIT ${request.limit} OFFSET ${request.offset}`,
    );
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
