import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import { isLabsError } from "#errors/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { misfit, planColumns, type Reading, readerColumns, readerOptions } from "../contract/convert.ts";
import { headerNames, matchHeader } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import { isPattern } from "../detect/pattern.ts";
import { fileStat } from "../detect/sources.ts";
import { checkLoaded } from "../expect/check.ts";
import { nextNumber, timeOfNs, timeSql } from "../ledger/write.ts";
import type { FileChange, FileResult } from "../types.ts";
import { dropRejects, hidesText, holdsHeader } from "./fast.ts";
import type { LoadContext } from "./context.ts";
import { reasonSql, rejectsTable, scansTable } from "./rejects.ts";
import { quarantineOf, storeOf } from "./shape.ts";
import { alignStore, createQuarantine } from "./store.ts";

/** Files up to this size are read together; larger ones fill both cores by themselves. */
const smallBytes = 1 << 20;
const mostFiles = 2_000;
/** What is rolled back when one file of a group does not fit should be worth less than a second. */
const mostBytes = 256 << 20;

/** Whether a file may be loaded together with others of its source: small, new, plain, and nothing odd about its text. */
export function mayBatch(change: FileChange, source: SourceConfig): boolean {
  const { scan } = change;
  if (change.action !== "load" || change.fileId !== undefined || !scan || change.stat.bytes > smallBytes) return false;
  if (
    source.format !== "csv" ||
    source.lineage ||
    source.maxRejects ||
    source.mode === "merge" ||
    isPattern(change.path)
  )
    return false;
  // These are about one file as a whole.
  if (source.expectations.some(({ check }) => check === "row_count" || check === "fresh")) return false;
  const oddities =
    scan.binary || scan.openQuote || scan.trailing > 0 || scan.oddEscapes > 0 || scan.blankLines > 0 || scan.linesAbove;
  return !oddities && scan.records > 1 && (scan.validity === "ascii" || scan.validity === "utf-8");
}

/** Splits loads that may go together into groups of one source, in order. */
export function* groups(changes: FileChange[], fits: (change: FileChange) => boolean): Generator<FileChange[]> {
  let group: FileChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const joins =
      fits(change) &&
      group.length < mostFiles &&
      bytes < mostBytes &&
      (group[0] === undefined || (fits(group[0]) && group[0].source === change.source));
    if (!joins && group.length > 0) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(change);
    bytes += change.stat.bytes;
  }
  if (group.length > 0) yield group;
}

/**
 * Loads many small files of one header in one statement and one transaction. Returns undefined, with nothing changed, when
 * any of them needs a closer look: then each is loaded by itself.
 */
export async function loadBatch(
  context: LoadContext,
  source: SourceConfig,
  changes: FileChange[],
): Promise<FileResult[] | undefined> {
  const contract = context.contracts.get(source.name);
  if (!contract || context.startAnew.has(source.name)) return undefined;
  const names = commonHeader(contract, source, changes);
  if (!names) return undefined;
  const { connection } = context;
  const started = performance.now();
  const attempt = async (reading: Reading) => {
    await connection.run("BEGIN");
    try {
      const results = await fill(context, source, contract, names, changes, started, reading);
      await connection.run(results ? "COMMIT" : "ROLLBACK");
      return results;
    } catch (error) {
      await connection.run("ROLLBACK").catch(() => {});
      if (!isLabsError(error) || error.code !== "DUCK-003") throw error;
      if (error.message.includes(misfit) || error.message.startsWith("Conversion Error")) return "misfit";
      if (/^(Invalid Input|IO) Error/.test(error.message)) return undefined;
      throw error;
    }
  };
  const results = await attempt("exact");
  if (results !== "misfit") return results;
  const [path = "", ...others] = changes.map((change) => change.path);
  if (await hidesText(connection, { path, compression: "none" }, contract, names, others)) return undefined;
  const loaded = await attempt("rejecting");
  return loaded === "misfit" ? undefined : loaded;
}

/** The contract's names in the files' order, when all files have the same header and it fits without any drift. */
function commonHeader(contract: Contract, source: SourceConfig, changes: FileChange[]): string[] | undefined {
  const [first] = changes;
  const header = first?.scan?.firstRecord;
  if (!first || !header || !contract.header) return undefined;
  const { delimiter, quote, escape } = contract.dialect;
  for (const { scan } of changes) {
    const { dialect, firstRecord } = scan ?? {};
    const same = dialect?.delimiter === delimiter && dialect.quote === quote && dialect.escape === escape;
    if (!same || firstRecord?.raw !== header.raw) return undefined;
  }
  try {
    const match = matchHeader(headerNames(header.fields, first.path), contract, source, first.path, header.raw);
    return match.added.length + match.ignored.length > 0 ? undefined : match.names;
  } catch {
    return undefined;
  }
}

/** What the ledger needs to know of a file, as JSON: a thousand files as SQL would take longer to parse than to load. */
const fileColumns = {
  path: "VARCHAR",
  file: "VARCHAR",
  load: "INTEGER",
  file_id: "INTEGER",
  sha256: "VARCHAR",
  bytes: "BIGINT",
  complete: "BOOLEAN",
  mtime: "VARCHAR",
  ctime: "VARCHAR",
  inode: "VARCHAR",
} as const;

function batchTable(changes: FileChange[], firstLoad: number, firstFile: number): string {
  const rows = changes.map(({ path, name, scan, stat }, i) => ({
    path,
    file: name,
    load: firstLoad + i,
    file_id: firstFile + i,
    sha256: scan?.sha256 ?? "",
    bytes: stat.bytes,
    complete: scan?.endsWithLineEnd ?? true,
    mtime: stat.mtime,
    ctime: stat.ctime,
    inode: stat.inode,
  }));
  return `CREATE OR REPLACE TEMP TABLE labs_batch AS SELECT unnest(from_json(${quoteLiteral(JSON.stringify(rows))}, ${quoteLiteral(JSON.stringify([fileColumns]))}), recursive := true)`;
}

async function fill(
  context: LoadContext,
  source: SourceConfig,
  contract: Contract,
  names: string[],
  changes: FileChange[],
  started: number,
  reading: Reading,
): Promise<FileResult[] | undefined> {
  const { connection, runId } = context;
  const { table } = source;
  const at = context.clock();
  await alignStore(connection, source, contract.columns);
  const firstLoad = await nextNumber(connection, "loads");
  const firstFile = await nextNumber(connection, "files");
  const paths = changes.map((change) => quoteLiteral(change.path));
  await connection.run(`${dropRejects}; ${batchTable(changes, firstLoad, firstFile)}`);
  const plans = new Map(planColumns(contract, reading).map((plan) => [plan.column.name, plan]));
  const columns = names.map((name) => ({ name, readAs: plans.get(name)?.readAs ?? "VARCHAR" }));
  const into = [...names.map(quoteIdentifier), "_load"];
  const values = [...names.map((name) => plans.get(name)?.value), "labs_batch.load"];
  await connection.run(
    `INSERT INTO ${storeOf(table)} (${into.join(", ")}) SELECT ${values.join(", ")}
     FROM read_csv([${paths.join(", ")}], ${readerOptions(contract, "none", "utf-8")}, ${readerColumns(columns)}, filename = '_labs_path',
       store_rejects = true, rejects_limit = 0, rejects_table = '${rejectsTable}', rejects_scan = '${scansTable}') AS files
     JOIN labs_batch ON labs_batch.path = files._labs_path`,
  );
  const loaded = await counts(
    connection,
    `SELECT _load, count(*) FROM ${storeOf(table)} WHERE _load >= ${firstLoad} GROUP BY _load`,
  );
  if (await holdsHeader(connection, table, contract, names, firstLoad)) return undefined;
  const rejects = `${rejectsTable} AS errors JOIN ${scansTable} AS scans USING (scan_id, file_id) JOIN labs_batch ON labs_batch.path = scans.file_path`;
  const rejected = await counts(connection, `SELECT load, count(DISTINCT line) FROM ${rejects} GROUP BY load`);
  const results: FileResult[] = [];
  for (const [i, change] of changes.entries()) {
    const load = firstLoad + i;
    const [good, bad] = [loaded.get(load) ?? 0, rejected.get(load) ?? 0];
    if (good + bad !== (change.scan?.records ?? 0) - 1 || !untouched(change)) return undefined;
    results.push({
      file: change.name,
      source: source.name,
      table: `raw.${table}`,
      outcome: "loaded",
      action: change.action,
      reason: change.reason,
      rowsRead: good + bad,
      rowsLoaded: good,
      rowsQuarantined: bad,
      rowsReplaced: 0,
      seconds: (performance.now() - started) / 1000 / changes.length,
      addedColumns: [],
    });
  }
  const facts = { read: 0, now: at, quarantined: false };
  const lastLoad = firstLoad + changes.length - 1;
  // Which file breaks an expectation shows when each is loaded by itself.
  if (changes[0] && (await breaksAny(connection, source, changes[0], { first: firstLoad, last: lastLoad }, facts))) {
    return undefined;
  }
  if (rejected.size > 0) {
    await createQuarantine(connection, table);
    await connection.run(
      `INSERT INTO ${quarantineOf(table)} SELECT any_value(labs_batch.file), line - 1, ${reasonSql(contract, names)},
         ${quoteLiteral(runId)}, ${timeSql(at)}, load FROM ${rejects} GROUP BY load, line ORDER BY load, line`,
    );
  }
  const [first] = results;
  const number = (of: (result: FileResult) => number) =>
    `list_value(${results.map(of).join(", ")})[load - ${firstLoad - 1}]`;
  const headerText = rejected.size > 0 ? quoteLiteral(JSON.stringify(names)) : "NULL";
  const seconds = first?.seconds.toFixed(4) ?? "0";
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE labs_loaded AS SELECT *, ${number((result) => result.rowsLoaded)} AS good, ${number((result) => result.rowsQuarantined)} AS bad FROM labs_batch;
     INSERT INTO _labs.loads SELECT load, ${quoteLiteral(runId)}, file_id, ${quoteLiteral(source.name)}, ${quoteLiteral(table)}, file, 'load', 'new',
       'loaded', ${contract.version}, sha256, bytes, good + bad, good, bad, 0, 1, ${timeSql(at)}, ${seconds}, NULL, NULL,
       CASE WHEN bad > 0 THEN ${headerText} END, 0 FROM labs_loaded ORDER BY load;
     INSERT INTO _labs.files SELECT file_id, ${quoteLiteral(source.name)}, file, 'loaded', sha256, bytes, good + bad, complete, mtime, ctime, inode,
       ${timeOfNs(context.checkedAt)}, ${timeOfNs(context.checkedAt)}, load, NULL, NULL FROM labs_loaded ORDER BY load;
     DROP TABLE labs_batch; DROP TABLE labs_loaded`,
  );
  return results;
}

async function breaksAny(...what: Parameters<typeof checkLoaded>): Promise<boolean> {
  try {
    return (await checkLoaded(...what)).length > 0;
  } catch (error) {
    if (isLabsError(error) && (error.code === "ING-017" || error.code === "ING-018")) return true;
    throw error;
  }
}

async function counts(connection: Connection, sql: string): Promise<Map<number, number>> {
  const { rows } = await connection.query(sql);
  return new Map(rows.map(([load, count]) => [Number(load), Number(count)]));
}

function untouched({ path, stat }: FileChange): boolean {
  const now = fileStat(path);
  return (
    now !== undefined &&
    now.bytes === stat.bytes &&
    now.mtime === stat.mtime &&
    now.ctime === stat.ctime &&
    now.inode === stat.inode
  );
}
