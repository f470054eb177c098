import { quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { contractFrame, proposeColumns } from "../contract/agree.ts";
import { headerNames } from "../contract/header.ts";
import type { Contract } from "../contract/types.ts";
import type { Dialect } from "../csv/dialect.ts";
import { parseRecords } from "../csv/records.ts";
import { type FileScan, scanFile } from "../csv/scan.ts";
import { formOf } from "../detect/detect.ts";
import { contractSql, fileSql, loadSql, nextNumber, replaceLoadsSql, timeSql } from "../ledger/write.ts";
import type { FileChange, FileResult } from "../types.ts";
import { agree } from "./agree-file.ts";
import { doesNotAddUp, requireFewRejects, requireUntouched } from "./balance.ts";
import { loadCareful } from "./careful.ts";
import { checkContent } from "./check-content.ts";
import type { Attempt, Counts, LoadContext } from "./context.ts";
import { prepareInput } from "./input.ts";
import type { LoadMark } from "./rejects.ts";
import { alignStore, deleteFileRows, dropStore } from "./store.ts";
import { everyRowTrails, tryFast } from "./try-fast.ts";

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
