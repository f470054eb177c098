import { blankResult } from "../load/blank-result.ts";
import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { RecordsConfig, SourceConfig } from "#registry/index.ts";
import { didYouMean } from "#errors/index.ts";
import type { Contract } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import { checkLoaded } from "../expect/check.ts";
import { contractSql, loadSql, nextNumber, timeSql } from "../ledger/write.ts";
import type { LoadContext } from "../load/context.ts";
import { requireFewRejects } from "../load/balance.ts";
import { settleKeys } from "../load/merge.ts";
import type { LoadMark } from "../load/rejects.ts";
import { settleRows } from "../load/settle-rows.ts";
import { alignStore, deleteLoads, dropStore } from "../load/store.ts";
import type { FileChange, FileResult } from "../types.ts";
import { type Agreement, agreeRecords, rawColumn } from "./agree.ts";
import type { Resume } from "./resume.ts";
import type { Cursor } from "./cursor.ts";
import { forgetRepeats, leaveOutKnown } from "./known.ts";
import { forgetPollsSql, type PollState, pollSql } from "./ledger.ts";
import type { Spooled } from "./spool.ts";
import { stage, stageRecords, typedTable, typeRecords } from "./stage.ts";

/** What a poll brought and where it is to go. */
export interface PollLoad {
  source: SourceConfig;
  config: RecordsConfig;
  /** Stands in for a file in results, quarantine and the ledger: `api:orders`. */
  change: FileChange;
  spooled: Spooled;
  base: { contract: Contract | undefined; why: string };
  before: PollState | undefined;
  cursor: Cursor | undefined;
  /** Of a part of a poll: where it goes on. */
  resume?: Resume;
  /** `performance.now()` at the beginning. */
  started: number;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * Loads what a poll brought in one transaction with its cursor: after it, every record is in the table, was there already,
 * or is in quarantine, and the next poll goes on behind it; or nothing has changed.
 * Errors: ING-005, ING-006, ING-010, ING-011, ING-017, ING-018, ING-050, DUCK-003, DUCK-004.
 */
export async function loadPoll(context: LoadContext, poll: PollLoad): Promise<FileResult> {
  const { connection, runId } = context;
  const { source, change, spooled } = poll;
  await connection.run("BEGIN");
  try {
    const anew = context.startAnew.has(source.name);
    if (spooled.records === 0 && (anew || source.mode === "replace")) await requireMayBeEmpty(connection, poll);
    if (anew) await forget(connection, source);
    const before = anew ? undefined : poll.before;
    if (spooled.records === 0 || (spooled.sha256 !== "" && spooled.sha256 === before?.sha256))
      return await unchanged(context, poll);
    await stageRecords(connection, spooled, spooled.shape.columns);
    const agreement = await agreeRecords(
      connection,
      source,
      poll.base,
      spooled.shape.columns,
      stage,
      poll.config.keepRaw,
    );
    requireColumns(source, agreement.contract);
    await alignStore(connection, source, agreement.contract.columns);
    const load = await nextNumber(connection, "loads");
    const mark: LoadMark = { load, runId, file: change.name, time: timeSql(poll.at) };
    const replaced = source.mode === "replace" ? await makeRoom(connection, source, load) : 0;
    const typed = await typeRecords(connection, source, agreement);
    const known = await leaveOutKnown(connection, source, typed);
    const facts = { read: spooled.records - known.count, now: poll.at };
    const settled = await settleRows(connection, source, known.rest, mark, facts);
    const again = settled.quarantined > 0 ? await forgetRepeats(connection, source, mark) : 0;
    const repeated = known.count + again;
    const { loaded } = settled;
    const quarantined = settled.quarantined - again;
    if (loaded + quarantined + repeated !== spooled.records) {
      throw doesNotAddUp(poll, loaded, quarantined, repeated);
    }
    const read = loaded + quarantined;
    requireFewRejects(source, change, { read, loaded, quarantined });
    const broken = await checkLoaded(
      connection,
      source,
      change,
      { first: load, last: load },
      { read, now: poll.at, quarantined: true },
    );
    if (source.mode === "merge") await settleKeys(connection, source, load);
    await connection.run(`DROP TABLE IF EXISTS ${typedTable}; DROP TABLE ${stage}`);
    const result: FileResult = {
      ...blankResult(change, "loaded"),
      reason: before === undefined ? "new" : "changed",
      rowsRead: spooled.records,
      rowsLoaded: loaded,
      rowsQuarantined: quarantined,
      rowsReplaced: replaced,
      ...(repeated > 0 && { rowsRepeated: repeated }),
      seconds: (performance.now() - poll.started) / 1000,
      addedColumns: agreement.added,
      ...(agreement.widened.length > 0 && { widenedColumns: agreement.widened }),
      ...(broken.length > 0 && { warnings: broken }),
    };
    const { contract } = agreement;
    if (repeated === spooled.records && !agreement.isNew) return await nothingNew(context, poll);
    await connection.run(
      [
        ...(agreement.isNew ? [contractSql(source.name, contract, agreement.why, poll.at)] : []),
        loadSql(result, load, runId, undefined, {
          table: source.table,
          contractVersion: contract.version,
          bytes: spooled.bytes,
          firstRow: 1,
          at: poll.at,
        }),
        pollSql(source, poll.cursor, {
          sha256: spooled.sha256,
          records: spooled.records,
          load,
          time: mark.time,
          ...(poll.resume && { resume: poll.resume }),
        }),
        "COMMIT",
      ].join(";\n"),
    );
    announce(context, poll, agreement);
    for (const outcome of broken) {
      context.onEvent({ type: "expectation", source: source.name, file: change.name, outcome });
    }
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** The same records as last time, or none: only the time of the poll and its cursor are new. Ends the transaction. */
async function unchanged(context: LoadContext, poll: PollLoad): Promise<FileResult> {
  const { connection } = context;
  const { source, spooled, base } = poll;
  const empty = spooled.records === 0;
  const loaded = await connection.query(
    `SELECT 1 FROM _labs.loads WHERE source = ${quoteLiteral(source.name)} AND outcome = 'loaded' LIMIT 1`,
  );
  const replaced =
    empty && source.mode === "replace" && loaded.rows.length > 0 ? await makeRoom(connection, source, undefined) : 0;
  // Models can be built on a declared table before its first row arrives.
  if (empty && base.contract && base.contract.columns.length > 0) {
    const columns = poll.config.keepRaw
      ? [...base.contract.columns.filter(({ name }) => name !== rawColumn.name), rawColumn]
      : base.contract.columns;
    await alignStore(connection, source, columns);
  }
  const result = await nothingNew(context, poll);
  return replaced > 0 ? { ...result, reason: "changed", rowsReplaced: replaced } : result;
}

/** Remembers a poll that brought nothing new, and ends the transaction. */
async function nothingNew(context: LoadContext, { source, change, spooled, cursor, resume, at, started }: PollLoad) {
  const state = {
    sha256: spooled.sha256,
    records: spooled.records,
    time: timeSql(at),
    ...(resume && { resume }),
  };
  await context.connection.run(`${pollSql(source, cursor, state)}; COMMIT`);
  context.startAnew.delete(source.name);
  const result: FileResult = {
    ...blankResult(change, "recorded"),
    reason: "unchanged",
    rowsRead: spooled.records,
    ...(spooled.records > 0 && { rowsRepeated: spooled.records }),
    seconds: (performance.now() - started) / 1000,
  };
  return result;
}

/** No record at all: is that to leave an empty table? Errors: ING-050. */
async function requireMayBeEmpty(connection: Connection, { source, config }: PollLoad): Promise<void> {
  if (config.mayBeEmpty) return;
  const { rows } = await connection.query(
    `SELECT count(*) FROM _labs.loads WHERE source = ${quoteLiteral(source.name)} AND outcome = 'loaded' AND rows_loaded > 0`,
  );
  if (Number(rows[0]?.[0]) === 0) return;
  throw ingestErrors.emptyPoll({
    message: `The source ${source.name} brought no record, and raw.${source.table} has rows that it would replace.`,
    place: source.place,
    hint: "The rows are kept. Check the source; when an empty answer is right, say `may_be_empty: true`.",
    data: { source: source.name },
  });
}

/** Takes the rows of earlier polls out, for `mode: replace`. Returns how many. */
async function makeRoom(connection: Connection, source: SourceConfig, load: number | undefined): Promise<number> {
  const of = `source = ${quoteLiteral(source.name)} AND outcome = 'loaded'`;
  const gone = await deleteLoads(connection, source.table, `(SELECT load FROM _labs.loads WHERE ${of})`);
  await connection.run(`UPDATE _labs.loads SET outcome = 'replaced', replaced_by = ${load ?? "NULL"} WHERE ${of}`);
  return gone;
}

/** Forgets what a source has brought so far, for `--full-refresh`. */
async function forget(connection: Connection, source: SourceConfig): Promise<void> {
  await dropStore(connection, source.table);
  const name = quoteLiteral(source.name);
  await connection.run(
    `DELETE FROM _labs.contracts WHERE source = ${name};
     UPDATE _labs.loads SET outcome = 'replaced' WHERE source = ${name} AND outcome = 'loaded'; ${forgetPollsSql(source)}`,
  );
}

/** Errors: ING-010 when `key` or `order_by` names no column. */
function requireColumns(source: SourceConfig, contract: Contract): void {
  const names = contract.columns.map(({ name }) => name);
  const known = new Set(names.map((name) => name.toLowerCase()));
  for (const name of [...source.key, ...(source.orderBy === undefined ? [] : [source.orderBy])]) {
    if (known.has(name.toLowerCase())) continue;
    const meant = didYouMean(name, names);
    throw ingestErrors.badContract({
      message: `The source ${source.name} names \`${name}\` as key or order, and its records have no such field.`,
      place: source.place,
      hint: meant ? `Did you mean \`${meant}\`?` : `Its columns are ${names.slice(0, 30).join(", ")}.`,
    });
  }
}

function doesNotAddUp({ change, spooled }: PollLoad, loaded: number, quarantined: number, repeated: number) {
  return ingestErrors.unbalanced({
    message: `${change.name} brought ${spooled.records} records, but ${loaded} were loaded, ${quarantined} quarantined and ${repeated} were there already.`,
    hint: "Nothing was loaded. Report this with the settings of the source.",
    data: { received: spooled.records, loaded, quarantined, repeated },
  });
}

/** What is true now that it is committed. */
function announce(context: LoadContext, { source, change }: PollLoad, agreement: Agreement): void {
  const { contract, isNew, added, widened } = agreement;
  context.startAnew.delete(source.name);
  if (!isNew) return;
  context.contracts.set(source.name, contract);
  if (added.length + widened.length > 0) {
    context.onEvent({ type: "drift", source: source.name, file: change.name, added: [...added, ...widened] });
  }
  const columns = contract.columns.map(({ name, type }) => ({ name, type }));
  if (contract.version === 1) context.onEvent({ type: "contract-proposed", source: source.name, columns });
}
