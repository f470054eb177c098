import { quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { HeaderMatch } from "../contract/header.ts";
import { nearMisses } from "../contract/near-miss.ts";
import type { Contract } from "../contract/types.ts";
import type { FileScan } from "../csv/scan.ts";
import { partitionOf } from "../detect/pattern.ts";
import { checkLoaded } from "../expect/check.ts";
import { contractSql, fileSql, loadSql, nextNumber, replaceLoadsSql, timeSql } from "../ledger/write.ts";
import type { ExpectationOutcome, FileChange, FileResult } from "../types.ts";
import { requireFewRejects, requireUntouched } from "./balance.ts";
import type { Counts, LoadContext } from "./context.ts";
import { noteKeys, settleKeys } from "./merge.ts";
import type { LoadMark } from "./rejects.ts";
import { storeOf } from "./shape.ts";
import { loadsOfFile, alignStore, deleteLoads, dropStore } from "./store.ts";

/** Everything about a load that does not depend on how its rows get into the table. */
export interface LoadPlan {
  contract: Contract;
  match: Pick<HeaderMatch, "added" | "names">;
  /** The contract is new, or changed by this file. */
  isNew: boolean;
  why: string;
  /** Columns whose type this file widened. */
  widened?: string[];
  /** Rows of the file in front of the first one that is loaded. */
  offset: number;
  scanning: Promise<FileScan>;
  /** `performance.now()` at the beginning. */
  started: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Of more columns of text than this, nobody reads why. */
const mostNoted = 200;

/**
 * One transaction: makes room, lets `fill` bring the rows, checks what came and writes the ledger. A `fill` that answers
 * with a word instead of counts is rolled back, and so is everything after an error.
 * Errors: ING-006, ING-009, ING-010, ING-011, ING-017, ING-018, and those of `fill`.
 */
export async function transact<Word extends string>(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  plan: LoadPlan,
  fill: (mark: LoadMark) => Promise<Counts | Word>,
  /** What to answer when rows break an expectation that keeps them out, and `fill` cannot tell which. */
  refusing?: Word,
): Promise<FileResult | Word> {
  const { connection, runId } = context;
  const { contract } = plan;
  const { table } = source;
  await connection.run("BEGIN");
  try {
    if (context.startAnew.has(source.name)) await forget(context, source);
    await alignStore(connection, source, contract.columns);
    const load = await nextNumber(connection, "loads");
    const fileId = change.fileId ?? (await nextNumber(connection, "files"));
    // Of a snapshot every delivery stays.
    const replaces = change.action !== "append" && change.fileId !== undefined && source.mode !== "snapshot";
    const leaving = [...(replaces ? [fileId] : []), ...(change.supersedes === undefined ? [] : [change.supersedes])];
    let replaced = 0;
    if (leaving.length > 0) {
      if (source.mode === "merge") await noteKeys(connection, source, loadsOfFile(...leaving));
      replaced = await deleteLoads(connection, table, loadsOfFile(...leaving));
      for (const id of leaving) await connection.run(replaceLoadsSql(id, load));
    }
    if (change.supersedes !== undefined) {
      await connection.run(`DELETE FROM _labs.files WHERE file_id = ${change.supersedes}`);
    }
    const mark: LoadMark = { load, runId, file: change.name, time: timeSql(plan.at) };
    const counts = await fill(mark);
    if (typeof counts === "string") {
      await connection.run("ROLLBACK");
      return counts;
    }
    requireFewRejects(source, change, counts);
    const facts = { read: counts.read, now: plan.at, quarantined: refusing === undefined };
    const broken = await checkLoaded(connection, source, change, { first: load, last: load }, facts);
    if (refusing !== undefined && broken.some(({ severity }) => severity === "quarantine")) {
      await connection.run("ROLLBACK");
      return refusing;
    }
    if (source.mode === "merge") await settleKeys(connection, source, load);
    const scan = await plan.scanning;
    requireUntouched(change);
    const result = resultOf(source, change, plan, counts, replaced, broken);
    await connection.run(
      [
        ...(plan.isNew ? [contractSql(source.name, contract, plan.why, plan.at)] : []),
        loadSql(result, load, runId, fileId, {
          table,
          contractVersion: contract.version,
          scan,
          bytes: change.stat.bytes,
          firstRow: plan.offset + 1,
          at: plan.at,
          // Only rows that are kept out will ever be read by it.
          ...(counts.quarantined > 0 && { columns: plan.match.names }),
        }),
        fileSql(change, fileId, "loaded", {
          sha256: scan.sha256,
          rows: plan.offset + counts.read,
          complete: scan.endsWithLineEnd,
          load,
          checkedAt: context.checkedAt,
        }),
        "COMMIT",
      ].join(";\n"),
    );
    announce(context, source, change, plan, broken);
    if (plan.isNew && contract.version === 1) await tellNearMisses(context, source, change, contract);
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Forgets what a source has loaded so far, for `--full-refresh`. */
async function forget({ connection }: LoadContext, source: SourceConfig): Promise<void> {
  await dropStore(connection, source.table);
  const name = quoteLiteral(source.name);
  await connection.run(
    `DELETE FROM _labs.contracts WHERE source = ${name};
     UPDATE _labs.loads SET outcome = 'replaced' WHERE source = ${name} AND outcome = 'loaded';
     DELETE FROM _labs.files WHERE source = ${name}`,
  );
}

function resultOf(
  source: SourceConfig,
  change: FileChange,
  plan: LoadPlan,
  counts: Counts,
  replaced: number,
  warnings: ExpectationOutcome[],
): FileResult {
  return {
    file: change.name,
    source: source.name,
    table: `raw.${source.table}`,
    outcome: "loaded",
    action: change.action,
    reason: change.reason,
    rowsRead: counts.read,
    rowsLoaded: counts.loaded,
    rowsQuarantined: counts.quarantined,
    rowsReplaced: replaced,
    seconds: (performance.now() - plan.started) / 1000,
    addedColumns: plan.match.added,
    ...(plan.widened && plan.widened.length > 0 && { widenedColumns: plan.widened }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** What a first contract made text of, though it looks like numbers or dates, and what the folders say that no column does. */
async function tellNearMisses(
  { connection, onEvent }: LoadContext,
  { name: source, table, lineage }: SourceConfig,
  { name: file }: FileChange,
  { columns, origin }: Contract,
): Promise<void> {
  const partition = partitionOf(file);
  if (partition !== "" && !lineage)
    onEvent({
      type: "note",
      source,
      file,
      text: `its folders (\`${partition}\`) make no columns; say \`lineage: true\` in lab.yml, and \`_file\` has them.`,
    });
  const texts = columns.filter(({ type }) => type === "VARCHAR").map(({ name }) => name);
  if (origin === "declared" || texts.length > mostNoted) return;
  // The rows are in: whatever goes wrong here is no matter of the load.
  const sentences = await nearMisses(connection, storeOf(table), texts).catch(() => []);
  for (const text of sentences) onEvent({ type: "note", source, file, text });
}

/** What is true now that it is committed. */
function announce(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  { contract, isNew }: LoadPlan,
  broken: ExpectationOutcome[],
): void {
  context.startAnew.delete(source.name);
  if (isNew) {
    context.contracts.set(source.name, contract);
    const columns = contract.columns.map(({ name, type }) => ({ name, type }));
    if (contract.version === 1) context.onEvent({ type: "contract-proposed", source: source.name, columns });
  }
  for (const outcome of broken) {
    context.onEvent({ type: "expectation", source: source.name, file: change.name, outcome });
  }
}
