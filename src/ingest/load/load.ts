import { type ErrorJson, errorToJson, isLabsError } from "#errors/index.ts";
import type { Connection, Database } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { readLedger } from "../ledger/file-ledger.ts";
import { createLedger } from "../ledger/tables.ts";
import { fileSql, loadSql, nextNumber, replaceLoadsSql } from "../ledger/write.ts";
import type { FileChange, FileResult, IngestEvent, IngestPlan, IngestResult } from "../types.ts";
import { ingestErrors } from "../errors.ts";
import { requireUntouched } from "./balance.ts";
import { blankResult } from "./blank-result.ts";
import { groups, loadBatch, mayBatch } from "./batch.ts";
import { isPolled, type PollOptions, runPolls } from "../records/poll.ts";
import { isPattern } from "../detect/pattern.ts";
import type { LoadContext } from "./context.ts";
import { loadFile } from "./load-file.ts";
import { noteKeys, settleKeys } from "./merge.ts";
import { alignShapes, deleteLoads, loadsOfFile } from "./store.ts";

export interface LoadOptions {
  /** The lab's database, opened once by the process that owns it. */
  database: Database;
  /** Identifies the run in the ledger and in quarantine. */
  loadId: string;
  onEvent?: (event: IngestEvent) => void;
  /** Cancels: the running file is rolled back, the ones before it stay loaded. */
  signal?: AbortSignal;
  /** Milliseconds since 1970. */
  clock?: () => number;
  /** For tests of polls: how to fetch, wait and read the environment. */
  effects?: PollOptions["effects"];
}

/**
 * Carries out a plan, one transaction a file. A file that fails is reported and leaves no trace but its entry in the
 * ledger; the others are loaded. Running the same plan's folder again after a crash at any moment ends in the same state.
 * Errors: only what concerns the database as a whole, and DUCK-004 when cancelled.
 */
export async function loadChanges(plan: IngestPlan, options: LoadOptions): Promise<IngestResult> {
  const started = performance.now();
  const proposed: string[] = [];
  const onEvent = (event: IngestEvent): void => {
    const declared = plan.sources.some(({ name, columns }) => "source" in event && name === event.source && columns);
    if (event.type === "contract-proposed" && !declared) proposed.push(event.source);
    options.onEvent?.(event);
  };
  const clock = options.clock ?? Date.now;
  const files: FileResult[] = [];
  const connection = await options.database.connect();
  await alignShapes(connection, plan.sources);
  if (plan.changes.length > 0) {
    const cancel = () => connection.interrupt();
    options.signal?.addEventListener("abort", cancel, { once: true });
    try {
      await createLedger(connection);
      const { contracts } = await readLedger(connection);
      const sources = new Map(plan.sources.map((source) => [source.name, source]));
      const anew = (change: FileChange) => isLoad(change) && sources.get(change.source)?.mode !== "snapshot";
      const startAnew = new Set(plan.fullRefresh ? plan.changes.filter(anew).map((change) => change.source) : []);
      if (plan.fullRefresh) for (const source of startAnew) contracts.delete(source);
      const context: LoadContext = {
        connection,
        runId: options.loadId,
        contracts,
        startAnew,
        alike: (change) => alike(plan.changes, change),
        blocked: new Set(),
        checkedAt: plan.checkedAt,
        clock,
        ...(options.signal && { signal: options.signal }),
        onEvent,
      };
      const polls = plan.changes.filter((change) => isPolled(sources.get(change.source)));
      const heirs = plan.changes.filter((change) => change.heirOf !== undefined);
      const loads = plan.changes.filter(
        (change) => change.action !== "record" && change.heirOf === undefined && !polls.includes(change),
      );
      // A file that repeats one of this plan waits until that one is loaded; should it fail, the repetition takes its place.
      const loading = [...loads, ...heirs];
      const names = new Set(loading.map((change) => `${change.source}/${change.name}`));
      const repeats = plan.changes.filter(
        (change) => change.reason === "duplicate" && names.has(`${change.source}/${change.otherName}`),
      );
      const records = plan.changes.filter((change) => change.action === "record" && !repeats.includes(change));
      const settleRepeats = async (of: FileChange[]) => {
        for (const change of repeats) {
          if (!of.some(({ source, name }) => source === change.source && name === change.otherName)) continue;
          const first = files.find((result) => result.source === change.source && result.file === change.otherName);
          // An heir that did not have to be loaded: the rows of that content are still those of the file it repeats.
          const held = first?.outcome === "loaded" || (first === undefined && of === heirs);
          if (held) files.push(...(await recordAll(context, plan, [change])));
          else
            files.push(
              await loadOne(context, requireSource(sources, change), { ...change, action: "load", reason: "new" }),
            );
        }
      };
      files.push(...(await recordAll(context, plan, records)));
      const fits = (change: FileChange) => mayBatch(change, requireSource(sources, change));
      for (const group of groups(loads, fits)) files.push(...(await loadGroup(context, sources, group)));
      await settleRepeats(loads);
      for (const change of heirs) {
        const first = files.find((result) => result.source === change.source && result.file === change.heirOf);
        if (first?.outcome !== "failed" && first?.outcome !== "waiting") {
          files.push(await loadOne(context, requireSource(sources, change), change));
        }
      }
      await settleRepeats(heirs);
      files.push(...(await runPolls(context, sources, polls, options)));
    } finally {
      options.signal?.removeEventListener("abort", cancel);
      await connection.close();
    }
  } else await connection.close();
  const sum = (count: (result: FileResult) => number) => files.reduce((total, result) => total + count(result), 0);
  return {
    files: files.filter((result) => result.reason !== "unchanged"),
    rowsLoaded: sum((result) => result.rowsLoaded),
    rowsQuarantined: sum((result) => result.rowsQuarantined),
    failed: sum((result) => (result.outcome === "failed" ? 1 : 0)),
    seconds: (performance.now() - started) / 1000,
    proposed,
  };
}

/** Nothing is wrong with the file: there was no room for it, on disk or in memory. */
const isOutOfSpace = ({ code, message }: ErrorJson): boolean =>
  code === "ING-013" ||
  (code === "DUCK-003" &&
    /^Out of Memory|No space left|File too large|Disk quota|Could not write|failed to offload|out of disk/i.test(
      message,
    ));

/** Small files of a plan that are read as this one is, so that types can be proposed from all of them at once. */
function alike(changes: FileChange[], first: FileChange): { path: string; bytes: number }[] {
  const header = first.scan?.firstRecord?.raw;
  if (header === undefined) return [];
  const fits = ({ source, path, scan, stat }: FileChange) =>
    source === first.source &&
    path !== first.path &&
    stat.bytes <= 1 << 20 &&
    scan?.firstRecord?.raw === header &&
    (scan.validity === "ascii" || scan.validity === "utf-8") &&
    !scan.binary &&
    !scan.linesAbove &&
    !scan.openQuote &&
    !isPattern(path);
  return changes
    .filter((change) => isLoad(change) && fits(change))
    .slice(0, 10_000)
    .map(({ path, stat }) => ({ path, bytes: stat.bytes }));
}

const isLoad = (change: FileChange): boolean =>
  change.action === "load" || change.action === "replace" || change.action === "append";

/** What becomes of one file: its result, or a failure that the ledger remembers. */
async function settleOne(
  context: LoadContext,
  change: FileChange,
  load: () => Promise<FileResult>,
): Promise<FileResult> {
  if (change.action === "wait") return blankResult(change, "waiting");
  const started = performance.now();
  let failure = change.error;
  if (!failure) {
    try {
      return await load();
    } catch (error) {
      context.signal?.throwIfAborted();
      if (!isLabsError(error) || error.code === "DUCK-004") throw error;
      failure = errorToJson(error);
    }
  }
  const result: FileResult = {
    ...blankResult(change, "failed"),
    seconds: (performance.now() - started) / 1000,
    error: failure,
  };
  if (failure.code === "ING-009") return { ...result, outcome: "waiting" };
  const { connection } = context;
  const number = await nextNumber(connection, "loads");
  const fileId = change.fileId ?? (await nextNumber(connection, "files"));
  const facts = {
    sha256: change.scan?.sha256 ?? "",
    rows: 0,
    complete: false,
    error: JSON.stringify(failure),
    checkedAt: context.checkedAt,
  };
  await connection.run(
    [
      "BEGIN",
      loadSql(result, number, context.runId, fileId, {
        table: change.table,
        bytes: change.stat.bytes,
        firstRow: 1,
        at: context.clock(),
        ...(change.scan && { scan: change.scan }),
      }),
      // A file with loaded rows keeps its entry: what is in the table is its earlier content.
      ...(change.fileId === undefined ? [fileSql(change, fileId, "failed", facts)] : []),
      "COMMIT",
    ].join(";\n"),
  );
  return result;
}

function requireSource(sources: Map<string, SourceConfig>, change: FileChange): SourceConfig {
  const source = sources.get(change.source);
  if (!source) throw new Error(`plan without its source ${change.source}`);
  return source;
}

/** Small files together where that is possible. The first of a source goes alone, for its contract; one that does not go with the others is found by halving. */
async function loadGroup(
  context: LoadContext,
  sources: Map<string, SourceConfig>,
  group: FileChange[],
): Promise<FileResult[]> {
  const [first, ...rest] = group;
  if (!first) return [];
  const source = requireSource(sources, first);
  if (rest.length === 0) return [await loadOne(context, source, first)];
  context.signal?.throwIfAborted();
  const alone =
    context.blocked.has(source.name) || !context.contracts.has(source.name) || context.startAnew.has(source.name);
  if (alone) {
    return [await loadOne(context, source, first), ...(await loadGroup(context, sources, rest))];
  }
  const together = await loadBatch(context, source, group);
  if (together) {
    for (const result of together) context.onEvent({ type: "file-finish", result });
    return together;
  }
  const half = Math.ceil(group.length / 2);
  return [
    ...(await loadGroup(context, sources, group.slice(0, half))),
    ...(await loadGroup(context, sources, group.slice(half))),
  ];
}

async function loadOne(
  context: LoadContext,
  source: SourceConfig | undefined,
  change: FileChange,
): Promise<FileResult> {
  context.signal?.throwIfAborted();
  if (!source) throw new Error(`plan without its source ${change.source}`);
  context.onEvent({
    type: "file-start",
    file: change.name,
    source: change.source,
    table: `raw.${change.table}`,
    action: change.action,
    reason: change.reason,
    bytes: change.stat.bytes,
  });
  // Behind a full disk the next file may be small enough to go in, but then it would arrive before this one.
  const blocked = context.blocked.has(source.name) && change.error === undefined;
  const result = blocked
    ? blankResult(change, "waiting")
    : await settleOne(context, change, () => loadStanding(context, source, change));
  if (result.error && isOutOfSpace(result.error)) context.blocked.add(source.name);
  context.onEvent({ type: "file-finish", result });
  return result;
}

/**
 * Loads a file. Whatever went wrong with one that was written to, replaced or removed meanwhile went wrong for that reason,
 * and the next run looks again. Errors: ING-009, ING-013, and those of {@link loadFile}.
 */
async function loadStanding(context: LoadContext, source: SourceConfig, change: FileChange): Promise<FileResult> {
  try {
    return await loadFile(context, source, change);
  } catch (error) {
    context.signal?.throwIfAborted();
    requireUntouched(change);
    if (!isLabsError(error) || !/No space left|Disk quota/i.test(error.message) || error.code !== "DUCK-003")
      throw error;
    throw ingestErrors.notWritable({
      message: `There is no space left for the rows of ${change.name}: ${error.message.split("\n")[0]}`,
      place: { file: change.path },
      hint: "Nothing of the file was loaded. Free some space and run again; later files of the source wait for it.",
      cause: error,
    });
  }
}

/** Takes a file's rows out of the table; older rows of their keys may win again. Returns how many they were. */
async function takeOut(connection: Connection, source: SourceConfig, fileId: number): Promise<number> {
  const loads = loadsOfFile(fileId);
  if (source.mode === "merge") await noteKeys(connection, source, loads);
  const gone = await deleteLoads(connection, source.table, loads);
  await connection.run(replaceLoadsSql(fileId, undefined));
  if (source.mode === "merge") await settleKeys(connection, source, undefined);
  return gone;
}

/** Everything that only the ledger has to learn, in one transaction. */
async function recordAll(context: LoadContext, plan: IngestPlan, records: FileChange[]): Promise<FileResult[]> {
  if (records.length === 0) return [];
  const { connection, checkedAt } = context;
  const sources = new Map(plan.sources.map((source) => [source.name, source]));
  const { files } = await readLedger(connection);
  const results: FileResult[] = [];
  let next = await nextNumber(connection, "files");
  await connection.run("BEGIN");
  try {
    for (const change of records) {
      const known = files.find((file) => file.fileId === change.fileId);
      const result = blankResult(change, "recorded");
      const fileId = change.fileId ?? next++;
      if (change.reason === "removed") {
        // In the mode `replace` the files that are there are the whole table.
        if (sources.get(change.source)?.mode === "replace" && known?.state === "loaded") {
          result.rowsReplaced = await takeOut(connection, requireSource(sources, change), fileId);
          await connection.run(`DELETE FROM _labs.files WHERE file_id = ${fileId}`);
        } else if (known?.state === "loaded") {
          await connection.run(`UPDATE _labs.files SET state = 'removed' WHERE file_id = ${fileId}`);
        } else await connection.run(`DELETE FROM _labs.files WHERE file_id = ${fileId}`);
      } else {
        const holder = files.find((file) => file.source === change.source && file.file === change.otherName);
        const repeats = change.reason === "duplicate" || known?.state === "duplicate";
        // It had another content before, whose rows go: those of this one are there already.
        if (change.reason === "duplicate" && known && (known.state === "loaded" || known.state === "removed")) {
          result.rowsReplaced = await takeOut(connection, requireSource(sources, change), known.fileId);
        }
        await connection.run(
          fileSql(change, fileId, repeats ? "duplicate" : "loaded", {
            sha256: change.scan?.sha256 ?? known?.sha256 ?? "",
            rows: (change.reason === "duplicate" ? holder?.rows : known?.rows) ?? change.totalRows ?? 0,
            complete: change.scan?.endsWithLineEnd ?? known?.complete ?? true,
            checkedAt,
            // The one that has the rows, when the other one is a repetition itself.
            ...(repeats &&
              holder && { ofFile: holder.state === "duplicate" ? (holder.ofFile ?? holder.fileId) : holder.fileId }),
          }),
        );
      }
      results.push(result);
    }
    await connection.run("COMMIT");
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
  return results;
}
