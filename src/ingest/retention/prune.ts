import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { hasLedger } from "../ledger/tables.ts";
import { timeSql } from "../ledger/write.ts";
import { noteKeys, settleKeys } from "../load/merge.ts";
import { quarantineOf, storeOf } from "../load/shape.ts";
import { hasQuarantine, storeColumns } from "../load/store.ts";

export interface PruneOptions {
  /** Milliseconds since 1970: loads before it are pruned. */
  before?: number;
  /** Numbers of loads. */
  loads?: number[];
  /** Only these raw tables, without their schema. */
  tables?: string[];
  /** The lab's sources: in a merge only rows that lost are old. */
  sources: SourceConfig[];
}

/** What would leave of one load. */
export interface PrunedLoad {
  load: number;
  table: string;
  file: string;
  /** ISO 8601. */
  loadedAt: string;
  rows: number;
  quarantined: number;
  /** Rows stay that still win their key. */
  partly: boolean;
}

/** What {@link prune} would take out. By age, a merged table loses only rows that newer ones have replaced. */
export async function planPrune(connection: Connection, options: PruneOptions): Promise<PrunedLoad[]> {
  if (!(await hasLedger(connection)) || (options.before === undefined && options.loads === undefined)) return [];
  const chosen = [
    "outcome = 'loaded'",
    ...(options.before === undefined ? [] : [`loaded_at < ${timeSql(options.before)}`]),
    ...(options.loads === undefined ? [] : [`load IN (${options.loads.map(Math.trunc).join(", ") || "NULL"})`]),
    ...(options.tables === undefined
      ? []
      : [`table_name IN (${options.tables.map(quoteLiteral).join(", ") || "NULL"})`]),
  ].join(" AND ");
  const { rows } = await connection.query(
    `SELECT load, table_name, file, strftime(loaded_at, '%Y-%m-%dT%H:%M:%S.%gZ') FROM _labs.loads WHERE ${chosen} ORDER BY load`,
  );
  const loads = rows.map(([load, table, file, at]) => ({
    load: Number(load),
    table: String(table),
    file: String(file),
    loadedAt: String(at),
  }));
  const plan: PrunedLoad[] = [];
  for (const table of new Set(loads.map((load) => load.table))) {
    const partly = options.loads === undefined && modeOf(options.sources, table)?.mode === "merge";
    const stored = await countByLoad(
      connection,
      storeOf(table),
      partly ? "_wins IS NOT TRUE" : "true",
      await isStored(connection, table),
    );
    const kept = await countByLoad(connection, quarantineOf(table), "true", await hasQuarantine(connection, table));
    for (const load of loads) {
      if (load.table !== table) continue;
      const pruned = { ...load, rows: stored.get(load.load) ?? 0, quarantined: kept.get(load.load) ?? 0, partly };
      if (pruned.rows + pruned.quarantined > 0) plan.push(pruned);
    }
  }
  return plan.sort((a, b) => a.load - b.load);
}

/**
 * Takes out what a plan names, in one transaction. The files stay in the ledger, so that they are not loaded again.
 * Space in the database file is used again by later loads.
 */
export async function prune(connection: Connection, plan: PrunedLoad[], sources: SourceConfig[]): Promise<void> {
  if (plan.length === 0) return;
  await connection.run("BEGIN");
  try {
    for (const table of new Set(plan.map((load) => load.table))) {
      const of = plan.filter((load) => load.table === table);
      const numbers = `(${of.map(({ load }) => load).join(", ")})`;
      const source = modeOf(sources, table);
      const partly = of.some((load) => load.partly);
      const merges = source?.mode === "merge" && !partly;
      if (merges) await noteKeys(connection, source, numbers);
      if (await isStored(connection, table)) {
        await connection.run(
          `DELETE FROM ${storeOf(table)} WHERE _load IN ${numbers}${partly ? " AND _wins IS NOT TRUE" : ""}`,
        );
      }
      if (await hasQuarantine(connection, table)) {
        await connection.run(`DELETE FROM ${quarantineOf(table)} WHERE _load IN ${numbers}`);
      }
      if (merges) await settleKeys(connection, source, undefined);
      // A load that still has rows counts on; of its quarantined ones nothing is left.
      await connection.run(
        partly
          ? `UPDATE _labs.loads SET rows_dropped = coalesce(rows_dropped, 0) + rows_quarantined, rows_quarantined = 0 WHERE load IN ${numbers}`
          : `UPDATE _labs.loads SET outcome = 'pruned' WHERE load IN ${numbers}`,
      );
    }
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

const modeOf = (sources: SourceConfig[], table: string): SourceConfig | undefined =>
  sources.find((source) => source.table === table);

const isStored = async (connection: Connection, table: string): Promise<boolean> =>
  (await storeColumns(connection, table)) !== undefined;

async function countByLoad(
  connection: Connection,
  relation: string,
  where: string,
  exists: boolean,
): Promise<Map<number, number>> {
  if (!exists) return new Map();
  const { rows } = await connection.query(`SELECT _load, count(*) FROM ${relation} WHERE ${where} GROUP BY _load`);
  return new Map(rows.map(([load, count]) => [Number(load), Number(count)]));
}
