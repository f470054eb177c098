import { type Connection, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { contractFrame, differsFrom, proposeColumns, requireTypes } from "../contract/agree.ts";
import { misfit } from "../contract/convert.ts";
import { headerNames, type HeaderMatch, matchHeader } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import type { Dialect } from "../csv/dialect.ts";
import { parseRecords } from "../csv/records.ts";
import { type FileScan, scanFile } from "../csv/scan.ts";
import { formOf } from "../detect/detect.ts";
import { fileStat } from "../detect/sources.ts";
import { ingestErrors } from "../errors.ts";
import { contractSql, fileSql, loadSql, nextNumber, replaceLoadsSql, timeSql } from "../ledger/write.ts";
import type { FileChange, FileResult, IngestEvent } from "../types.ts";
import { checkContent } from "./check-content.ts";
import { loadCareful } from "./careful.ts";
import { loadFast } from "./fast.ts";
import { type Input, prepareInput } from "./input.ts";
import { type LoadMark, quarantineRejects } from "./rejects.ts";
import { alignStore, createQuarantine, deleteFileRows, dropStore } from "./store.ts";

/** What the loads of one call share. */
export interface LoadContext {
  connection: Connection;
  runId: string;
  /** The newest contract of each source; a load that agrees on a new one puts it here. */
  contracts: Map<string, Contract>;
  /** Sources whose table is made anew by the next load. */
  startAnew: Set<string>;
  checkedAt: string;
  clock: () => number;
  signal?: AbortSignal;
  onEvent: (event: IngestEvent) => void;
}

interface Counts {
  read: number;
  loaded: number;
  quarantined: number;
}

/**
 * Loads one file in one transaction with its ledger entry: after it, either all of the file's rows are in the table or
 * in quarantine and the ledger says so, or nothing has changed. Errors: ING-001 to ING-016, DUCK-003, DUCK-004.
 */
export async function loadFile(context: LoadContext, source: SourceConfig, change: FileChange): Promise<FileResult> {
  const { connection, clock, signal } = context;
  const started = performance.now();
  const agreed = context.contracts.get(source.name);
  const { form, dialect, single, head } = await formOf(change.path, source, agreed);
  const known = change.scan && sameDialect(change.scan.dialect, dialect) ? change.scan : undefined;
  const scanning: Promise<FileScan> = known
    ? Promise.resolve(known)
    : scanFile(change.path, dialect, form, { blankIsRecord: single, ...(signal && { signal }) });
  // Awaited below; without a handler an early failure elsewhere would leave it unhandled.
  scanning.catch(() => {});
  // What may not be read as it is needs the verdict first; anything else is scanned while DuckDB loads it.
  const early =
    known ?? (form.encoding !== "utf-8" || change.scan || change.stat.bytes < 1 << 20 ? await scanning : undefined);
  if (early) await checkContent(change, early, form, dialect, source);
  const encoding = early?.validity === "not utf-8" ? ({ ...form, encoding: "latin-1" } as const) : form;

  const frame = contractFrame(source, dialect);
  const headerRecord = frame.header ? parseRecords(head.text, dialect, 1)[0] : undefined;
  const width = headerRecord?.fields.length ?? parseRecords(head.text, dialect, 1)[0]?.fields.length ?? 1;
  const fields = headerRecord?.fields ?? positional(frame, width);
  const names = headerNames(fields, change.path);
  const tail =
    change.action === "append" && early
      ? { ...(await tailFacts(context, change)), headerText: headerRecord ? `${headerRecord.raw}\n` : "" }
      : undefined;
  const input = await prepareInput(change.path, encoding, tail, signal);
  try {
    const { contract, match, isNew, why, complete } = await agree(
      context,
      source,
      change,
      input,
      frame,
      names,
      headerRecord?.raw ?? "",
    );
    const facts = {
      match,
      input,
      scanning,
      checked: early !== undefined,
      isNew,
      why,
      started,
      at: clock(),
      form: encoding,
    };
    let outcome = await transaction(context, source, change, { ...facts, contract, complete });
    if (outcome === "types need all rows") {
      const wanted = contract.columns.map((column) => column.name);
      const size = { bytes: change.stat.bytes, complete: true };
      const { columns } = await proposeColumns(connection, input, frame, match.names, wanted, size);
      outcome = await transaction(context, source, change, {
        ...facts,
        contract: { ...contract, columns },
        complete: true,
      });
    }
    if (outcome === "types need all rows") throw new Error("unreachable: a complete proposal asks for no other");
    return outcome;
  } finally {
    await scanning.catch(() => {});
    input.dispose();
  }
}

const sameDialect = (a: Dialect, b: Dialect): boolean =>
  a.delimiter === b.delimiter && a.quote === b.quote && a.escape === b.escape;

const positional = (frame: Contract, width: number): string[] =>
  frame.columns.length === width
    ? frame.columns.map((column) => column.name)
    : Array.from({ length: width }, (_, i) => `column${i + 1}`);

/** Where the loaded part of a file ends. */
async function tailFacts({ connection }: LoadContext, change: FileChange) {
  const { rows } = await connection.query(
    `SELECT bytes::DOUBLE, rows::DOUBLE FROM _labs.files WHERE file_id = ${change.fileId ?? -1}`,
  );
  return { fromByte: Number(rows[0]?.[0] ?? 0), rowsBefore: Number(rows[0]?.[1] ?? 0) };
}

/** The contract under which this file is read: the agreed one, with what lab.yml or drift changes, or a first one. */
async function agree(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  input: Input,
  frame: Contract,
  names: string[],
  headerText: string,
): Promise<{ contract: Contract; match: HeaderMatch; isNew: boolean; why: string; complete: boolean }> {
  const { connection } = context;
  const agreed = context.contracts.get(source.name);
  const size = { bytes: change.stat.bytes, complete: false };
  if (frame.columns.length > 0) await requireTypes(connection, source, frame.columns);
  let base = agreed;
  let why = "";
  if (agreed && frame.columns.length > 0 && differsFrom(agreed, frame)) {
    const declaredNames = new Set(frame.columns.map((column) => column.name.toLowerCase()));
    const others = agreed.columns.filter((column) => !declaredNames.has(column.name.toLowerCase()));
    base = { ...frame, dialect: agreed.dialect, columns: [...frame.columns, ...others], version: agreed.version + 1 };
    why = "columns were redeclared in lab.yml";
  }
  if (!base && frame.columns.length === 0) {
    const proposal = await proposeColumns(connection, input, frame, names, names, size);
    const contract = { ...frame, columns: proposal.columns };
    const match = matchHeader(names, contract, source, change.path, headerText);
    return { contract, match, isNew: true, why: "proposed from the first file", complete: proposal.complete };
  }
  if (!base) why = "declared in lab.yml";
  const contract = base ?? frame;
  const match = matchHeader(names, contract, source, change.path, headerText);
  if (match.added.length === 0) return { contract, match, isNew: why !== "", why, complete: true };
  const extra = await proposeColumns(connection, input, contract, names, match.added, { ...size, complete: true });
  const version = agreed ? agreed.version + 1 : contract.version;
  if (agreed) context.onEvent({ type: "drift", source: source.name, file: change.name, added: match.added });
  return {
    contract: {
      ...contract,
      version,
      columns: [...contract.columns, ...extra.columns.map((column) => ({ ...column, added: true as const }))],
    },
    match,
    isNew: true,
    why: `${change.name} added ${match.added.join(", ")}`,
    complete: true,
  };
}

interface Attempt {
  contract: Contract;
  match: HeaderMatch;
  input: Input;
  scanning: Promise<FileScan>;
  /** The scan was there before the load, and passed. */
  checked: boolean;
  isNew: boolean;
  why: string;
  complete: boolean;
  started: number;
  at: number;
  form: Awaited<ReturnType<typeof formOf>>["form"];
}

async function transaction(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
): Promise<FileResult | "types need all rows"> {
  const fast = await oneTry(context, source, change, attempt, false);
  if (fast !== "needs care") return fast;
  const careful = await oneTry(context, source, change, attempt, true);
  if (careful === "needs care") throw new Error("unreachable: the careful way asks for no other");
  return careful;
}

/** One transaction. The fast way gives up, changing nothing, when it cannot account for every row. */
async function oneTry(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
  careful: boolean,
): Promise<FileResult | "types need all rows" | "needs care"> {
  const { connection, runId } = context;
  const { contract, match, input } = attempt;
  const { table } = source;
  await connection.run("BEGIN");
  try {
    if (context.startAnew.has(source.name)) {
      await dropStore(connection, table);
      await connection.run(
        `DELETE FROM _labs.contracts WHERE source = ${quoteLiteral(source.name)};
         UPDATE _labs.loads SET outcome = 'replaced' WHERE source = ${quoteLiteral(source.name)} AND outcome = 'loaded';
         DELETE FROM _labs.files WHERE source = ${quoteLiteral(source.name)}`,
      );
    }
    await alignStore(connection, table, contract.columns, source.lineage);
    const load = await nextNumber(connection, "loads");
    const fileId = change.fileId ?? (await nextNumber(connection, "files"));
    const replaces = change.action !== "append" && change.fileId !== undefined;
    const replaced = replaces ? await deleteFileRows(connection, table, fileId) : 0;
    if (replaces) await connection.run(replaceLoadsSql(fileId, load));
    const mark: LoadMark = { load, runId, file: change.name, time: timeSql(attempt.at) };
    let counts: Counts;
    const scan = careful ? await attempt.scanning : undefined;
    if (careful) {
      counts = await loadCareful(connection, input, contract, match, table, mark, {
        lineage: source.lineage,
        trailing: everyRowTrails(await attempt.scanning, contract),
        signal: context.signal,
      });
      const expected = (scan?.records ?? 0) - (contract.header ? 1 : 0) - input.offset;
      if (counts.read !== expected || counts.loaded + counts.quarantined !== expected)
        throw doesNotAddUp(change, counts, expected);
    } else {
      const tried = await tryFast(context, source, change, attempt, mark);
      if (typeof tried === "string") {
        await connection.run("ROLLBACK");
        return tried;
      }
      counts = tried;
    }
    requireFewRejects(source, change, counts);
    const known = await attempt.scanning;
    requireUntouched(change);
    const result: FileResult = {
      file: change.name,
      source: source.name,
      table: `raw.${table}`,
      outcome: "loaded",
      action: change.action,
      reason: change.reason,
      rowsRead: counts.read,
      rowsLoaded: counts.loaded,
      rowsQuarantined: counts.quarantined,
      rowsReplaced: replaced,
      seconds: (performance.now() - attempt.started) / 1000,
      addedColumns: match.added,
    };
    const totalRows = input.offset + counts.read;
    const facts = {
      sha256: known.sha256,
      rows: totalRows,
      complete: known.endsWithLineEnd,
      load,
      checkedAt: context.checkedAt,
    };
    await connection.run(
      [
        ...(attempt.isNew ? [contractSql(source.name, contract, attempt.why, attempt.at)] : []),
        loadSql(result, load, runId, fileId, {
          table,
          contractVersion: contract.version,
          scan: known,
          bytes: change.stat.bytes,
          firstRow: input.offset + 1,
          at: attempt.at,
        }),
        fileSql(change, fileId, "loaded", facts),
        "COMMIT",
      ].join(";\n"),
    );
    context.startAnew.delete(source.name);
    if (attempt.isNew) {
      context.contracts.set(source.name, contract);
      const columns = contract.columns.map(({ name, type }) => ({ name, type }));
      if (contract.version === 1) context.onEvent({ type: "contract-proposed", source: source.name, columns });
    }
    return result;
  } catch (error) {
    await connection.run("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Loads at DuckDB's speed, or says why that is not enough. */
async function tryFast(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
  mark: LoadMark,
): Promise<Counts | "types need all rows" | "needs care"> {
  const { connection } = context;
  const { contract, match, input } = attempt;
  if (match.quarantineAll) return "needs care";
  const giveUp = () => (attempt.complete || contract.origin === "declared" ? "needs care" : "types need all rows");
  let tried: Awaited<ReturnType<typeof loadFast>>;
  try {
    tried = await loadFast(connection, input, contract, match, source.table, mark.load, source.lineage);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    if (message.includes(misfit)) return giveUp();
    // The reader's own complaints about a file end here; everything else (disk, memory, cancel) is passed on.
    if (/^Invalid Input Error|^Conversion Error/.test(message)) return "needs care";
    throw error;
  }
  const scan = await attempt.scanning;
  if (!attempt.checked) {
    await checkContent(change, scan, attempt.form, contract.dialect, source);
    if (scan.validity === "not utf-8" && attempt.form.encoding === "utf-8") {
      // A large file whose encoding showed only behind its beginning: read again as what it is.
      attempt.input = await prepareInput(
        change.path,
        { ...attempt.form, encoding: "latin-1" },
        undefined,
        context.signal,
      );
      return "needs care";
    }
  }
  const expected = scan.records - (contract.header ? 1 : 0) - input.offset;
  if (tried.castRejects && !attempt.complete && contract.origin === "proposed") return "types need all rows";
  if (tried.loaded + tried.rejected !== expected) return "needs care";
  // DuckDB takes a row with one empty field too many; unless all rows are so, its values may stand under the wrong names.
  if (scan.trailing > 0 && !everyRowTrails(scan, contract)) return "needs care";
  // DuckDB drops an escape character that escapes nothing; the text as it came keeps it.
  if (scan.oddEscapes > 0) return "needs care";
  // Reject numbers count blank lines, and row numbers leave rejects out: the careful way gets both right.
  if (tried.rejected > 0 && (scan.blankLines > 0 || source.lineage)) return "needs care";
  if (tried.rejected > 0) {
    await createQuarantine(connection, source.table);
    await connection.run(quarantineRejects(source.table, contract, mark, input.offset));
  }
  return { read: expected, loaded: tried.loaded, quarantined: tried.rejected };
}

/** Every row ends with a delimiter, and the header does not: a habit of the writer, not a shifted row. */
const everyRowTrails = (scan: FileScan, contract: Contract): boolean =>
  scan.trailing > 0 && scan.trailing === scan.records - (contract.header ? 1 : 0);

function requireFewRejects(source: SourceConfig, change: FileChange, counts: Counts): void {
  const limit = source.maxRejects;
  if (!limit || counts.quarantined === 0) return;
  const most = "count" in limit ? limit.count : limit.share * counts.read;
  if (counts.quarantined <= most) return;
  const allowed = "count" in limit ? `${limit.count}` : `${+(limit.share * 100).toFixed(6)}%`;
  throw ingestErrors.tooManyRejects({
    message: `${counts.quarantined} of the ${counts.read} rows of ${change.name} do not fit the contract of ${source.name}; max_rejects allows ${allowed}.`,
    place: { file: change.path },
    hint: "Correct the file, or raise `max_rejects` in lab.yml to quarantine these rows and load the others.",
    data: { rows: counts.read, rejected: counts.quarantined },
  });
}

function requireUntouched(change: FileChange): void {
  const now = fileStat(change.path);
  const same =
    now &&
    now.bytes === change.stat.bytes &&
    now.mtime === change.stat.mtime &&
    now.inode === change.stat.inode &&
    now.ctime === change.stat.ctime;
  if (same) return;
  throw ingestErrors.changedWhileRead({
    message: `${change.name} was ${now ? "written to" : "removed"} while it was read.`,
    place: { file: change.path },
    hint: "Run again when it stands still.",
  });
}

function doesNotAddUp(change: FileChange, counts: Counts, expected: number) {
  return ingestErrors.unbalanced({
    message: `${change.name} has ${expected} rows, but ${counts.loaded} were loaded and ${counts.quarantined} quarantined.`,
    place: { file: change.path },
    hint: "Nothing was loaded. Report this with the file.",
    data: { expected, ...counts },
  });
}
