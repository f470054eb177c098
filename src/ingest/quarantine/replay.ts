import type { Connection } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { normalType } from "../contract/convert.ts";
import type { Contract } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import { checkLoaded } from "../expect/check.ts";
import { refuseRows } from "../expect/quarantine.ts";
import { readLedger } from "../ledger/file-ledger.ts";
import { createLedger } from "../ledger/tables.ts";
import { requireKey, settleKeys } from "../load/merge.ts";
import { insertGood } from "../load/settle-rows.ts";
import { quarantineOf } from "../load/shape.ts";
import { alignStore } from "../load/store.ts";
import { own } from "../load/typed.ts";
import type { FixedRow } from "./fixes.ts";
import { type Candidate, restage } from "./restage.ts";
import { filterSql, type QuarantineFilter, quarantineTables } from "./select.ts";

export interface ReplayOptions {
  /** The lab's sources, implicit ones included. */
  sources: SourceConfig[];
  filter?: QuarantineFilter;
  /** Corrected rows; without them rows are tried as they came, under the contract as it is now. */
  fixes?: FixedRow[];
  /** Milliseconds since 1970. */
  now?: number;
}

/** What became of the rows of one load. */
export interface ReplayResult {
  table: string;
  file: string;
  load: number;
  tried: number;
  loaded: number;
  /** Rows that stay in quarantine, with what is wrong with them now. */
  refused: { record: number; reason: string }[];
}

/**
 * Tries quarantined rows again and loads those that fit now, under the number of the load that brought them: when their
 * file changes they go with it, and in a merge they win no more than they would have. The others stay as they are.
 * One transaction a load. Errors: ING-010, ING-017, ING-018, ING-020 for a source that cannot be replayed.
 */
export async function replayQuarantine(connection: Connection, options: ReplayOptions): Promise<ReplayResult[]> {
  const { filter = {}, fixes, sources } = options;
  await createLedger(connection);
  const { contracts } = await readLedger(connection);
  const results: ReplayResult[] = [];
  for (const table of await quarantineTables(connection, filter.tables)) {
    const { rows } = await connection.query(
      `SELECT _load, any_value(q.file), any_value(loads.source), any_value(loads.columns)
       FROM (SELECT * FROM ${quarantineOf(table)} WHERE ${filterSql(filter)}) AS q
       JOIN _labs.loads AS loads ON loads.load = q._load GROUP BY _load ORDER BY _load`,
    );
    for (const [number, file, name, columns] of rows) {
      const load = Number(number);
      const fixed =
        fixes &&
        new Map(fixes.filter((fix) => fix.table === table && fix.load === load).map((fix) => [fix.record, fix.row]));
      if (fixed?.size === 0) continue;
      const source = sources.find((candidate) => candidate.name === name && candidate.table === table);
      const contract = contracts.get(String(name));
      if (!source || !contract) throw cannotReplay(table, String(name));
      const job = {
        table,
        file: String(file),
        load,
        names: namesOf(columns, contract),
        fixed,
        filter,
        now: options.now ?? Date.now(),
      };
      results.push(await replayLoad(connection, source, requireKey(source, declaredNow(source, contract)), job));
    }
  }
  return results;
}

interface Job {
  table: string;
  file: string;
  load: number;
  names: string[];
  fixed: Map<number, string> | undefined;
  filter: QuarantineFilter;
  now: number;
}

async function replayLoad(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  job: Job,
): Promise<ReplayResult> {
  const { table, file, load } = job;
  const quarantine = quarantineOf(table);
  const where = filterSql({ ...job.filter, load });
  const rows = await candidates(
    connection,
    `SELECT record, row_text FROM ${quarantine} WHERE ${where} ORDER BY record`,
    job.fixed,
  );
  await connection.run("BEGIN");
  try {
    await alignStore(connection, source, contract.columns);
    const typed = await restage(connection, source, contract, job.names, rows);
    const sql = await refuseRows(connection, source, typed, { read: rows.length, now: job.now });
    const bad = await connection.query(
      `SELECT ${own.record}, ${own.problem} FROM ${sql} WHERE ${own.problem} IS NOT NULL ORDER BY 1`,
    );
    const refused = bad.rows.map(([record, reason]) => ({ record: Number(record), reason: String(reason) }));
    const loaded = await insertGood(connection, source, { ...typed, sql }, load);
    await checkRows(connection, source, file, load, job.now);
    const left = new Set(refused.map(({ record }) => record));
    const moved = rows.filter(({ record }) => !left.has(record)).map(({ record }) => record);
    if (moved.length > 0) {
      await connection.run(
        `DELETE FROM ${quarantine} WHERE _load = ${load} AND record IN (${moved.join(", ")});
         UPDATE _labs.loads SET rows_loaded = rows_loaded + ${loaded}, rows_quarantined = rows_quarantined - ${loaded} WHERE load = ${load}`,
      );
    }
    if (source.mode === "merge") await settleKeys(connection, source, load);
    await connection.run("COMMIT");
    return { table, file, load, tried: rows.length, loaded, refused };
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function candidates(
  connection: Connection,
  sql: string,
  fixed: Map<number, string> | undefined,
): Promise<Candidate[]> {
  const { rows } = await connection.query(sql);
  return rows
    .map(([record, row]) => ({ record: Number(record), row: String(row ?? "") }))
    .filter(({ record }) => fixed?.has(record) ?? true)
    .map(({ record, row }) => ({ record, row: fixed?.get(record) ?? row }));
}

/** What holds for the file as a whole was checked when it came; single rows must still meet what fails a load. */
async function checkRows(
  connection: Connection,
  source: SourceConfig,
  file: string,
  load: number,
  now: number,
): Promise<void> {
  const whole = new Set(["row_count", "fresh"]);
  const expectations = source.expectations.filter(({ check }) => !whole.has(check));
  const change = { name: file, path: file };
  await checkLoaded(
    connection,
    { ...source, expectations },
    change,
    { first: load, last: load },
    { read: 0, now, quarantined: true },
  );
}

/** Columns that lab.yml declares differently since the last load count as they are declared now. */
function declaredNow(source: SourceConfig, contract: Contract): Contract {
  const declared = source.columns;
  if (!declared) return contract;
  const { dateFormat, timestampFormat } = source.dialect;
  const byName = new Map([...declared].map(([name, column]) => [name.toLowerCase(), column]));
  return {
    ...contract,
    nullValues: ["", ...(source.dialect.nullValues ?? []).filter((text) => text !== "")],
    columns: contract.columns.map((column) => {
      const now = byName.get(column.name.toLowerCase());
      if (!now) return column;
      const type = normalType(now.type);
      const format = type === "DATE" ? dateFormat : type === "TIMESTAMP" ? timestampFormat : undefined;
      return { name: column.name, type, nullable: now.nullable, ...(format && { format }) };
    }),
  };
}

function namesOf(columns: unknown, contract: Contract): string[] {
  return typeof columns === "string" ? (JSON.parse(columns) as string[]) : contract.columns.map(({ name }) => name);
}

function cannotReplay(table: string, source: string) {
  return ingestErrors.cannotReplay({
    message: `Rows of raw.${table} cannot be replayed: lab.yml has no source ${source} that fills it.`,
    hint: "Bring the source back into lab.yml, or drop the rows.",
    data: { table, source },
  });
}
