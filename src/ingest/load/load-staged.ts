import type { FileFormat, SourceConfig } from "#registry/index.ts";
import { contractFrame } from "../contract/agree.ts";
import { defaultDialect } from "../csv/dialect.ts";
import { scanBytes } from "../csv/scan.ts";
import { formatReaders } from "../formats/index.ts";
import { damagedPages } from "../formats/parquet.ts";
import type { FileChange, FileResult } from "../types.ts";
import { agree } from "./agree-file.ts";
import { doesNotAddUp } from "./balance.ts";
import { type LoadContext, loadedPart } from "./context.ts";
import { requireKey } from "./merge.ts";
import { widenColumns } from "../contract/widen.ts";
import { widening } from "./widening.ts";
import { settleRows } from "./settle-rows.ts";
import { transact } from "./transact.ts";

/**
 * Loads a file that is no CSV: its reader stages the records, and from there contract, quarantine, balance and ledger are
 * those of any file. Errors: ING-001, ING-004 to ING-011, ING-017 to ING-019.
 */
export async function loadStaged(
  context: LoadContext,
  source: SourceConfig,
  format: Exclude<FileFormat, "csv">,
  change: FileChange,
): Promise<FileResult> {
  const { connection, clock, signal } = context;
  const started = performance.now();
  const read = await formatReaders[format]();
  const part = change.action === "append" ? await loadedPart(context, change) : undefined;
  const staged = await read({
    context,
    source,
    change,
    ...(part && { from: { byte: part.fromByte, rows: part.rowsBefore } }),
  });
  try {
    // After the reader: a file that changed meanwhile must not get the hash of what was read.
    const scanning = Promise.resolve(change.scan ?? (await scanBytes(change.path, signal ? { signal } : {})));
    const { nullValues = [] } = source.dialect;
    const frame = { ...contractFrame(source, defaultDialect), header: false, nullValues };
    const agreed = await agree(context, source, change, frame, {
      names: staged.names,
      headerText: "",
      optional: staged.optional,
      propose: (_, wanted) => staged.propose(wanted),
    });
    const first = requireKey(source, agreed.contract);
    // A contract that was just made fits its file.
    const { texts } = context.contracts.has(source.name) ? await staged.typed(first, agreed.match) : {};
    const wide = texts ? await widenColumns(connection, source, first, texts.stage, texts.fields) : [];
    const { contract, ...news } = widening(context, source, change, { ...agreed, contract: first }, wide);
    const at = clock();
    const plan = { ...agreed, ...news, contract, offset: part?.rowsBefore ?? 0, scanning, started, at };
    return await transact<never>(context, source, change, plan, async (mark) => {
      const typed = await staged.typed(contract, agreed.match);
      const settled = await settleRows(connection, source, typed, mark, { read: staged.records, now: at });
      const counts = { read: staged.records, ...settled };
      if (counts.loaded + counts.quarantined !== counts.read) throw doesNotAddUp(change, counts, staged.records);
      return counts;
    });
  } catch (error) {
    throw (format === "parquet" ? damagedPages(change.path, error) : undefined) ?? error;
  } finally {
    await staged.dispose();
  }
}
