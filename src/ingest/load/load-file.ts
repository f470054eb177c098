import { isLabsError } from "#errors/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { contractFrame, proposeColumns } from "../contract/agree.ts";
import { requireNames } from "../contract/first-line.ts";
import { headerNames } from "../contract/header.ts";
import type { Reading } from "../contract/convert.ts";
import type { Contract } from "../contract/types.ts";
import type { Dialect } from "../csv/dialect.ts";
import { parseRecords } from "../csv/records.ts";
import { type FileScan, scanFile } from "../csv/scan.ts";
import { formOf } from "../detect/detect.ts";
import type { FileChange, FileResult } from "../types.ts";
import { agree } from "./agree-file.ts";
import { doesNotAddUp } from "./balance.ts";
import { widenColumns } from "../contract/widen.ts";
import { hidesText } from "./fast.ts";
import { fieldsOf, loadCareful, stage, stageRecords } from "./careful.ts";
import { checkContent } from "./check-content.ts";
import { type Attempt, type Counts, type LoadContext, loadedPart } from "./context.ts";
import { prepareInput } from "./input.ts";
import type { LoadMark } from "./rejects.ts";
import { requireKey } from "./merge.ts";
import { refuseDocuments, refuseLinesAbove } from "./no-table.ts";
import { loadStaged } from "./load-staged.ts";
import { transact } from "./transact.ts";
import { widening } from "./widening.ts";
import { everyRowTrails, tryFast } from "./try-fast.ts";

/** Loads one file of any format; see {@link loadCsv} and {@link loadStaged}. */
export function loadFile(context: LoadContext, source: SourceConfig, change: FileChange): Promise<FileResult> {
  return source.format === "csv"
    ? loadCsv(context, source, change)
    : loadStaged(context, source, source.format, change);
}

/**
 * Loads one file in one transaction with its ledger entry: after it, either all of the file's rows are in the table or
 * in quarantine and the ledger says so, or nothing has changed. Errors: ING-001 to ING-018, DUCK-003, DUCK-004.
 */
async function loadCsv(context: LoadContext, source: SourceConfig, change: FileChange): Promise<FileResult> {
  const { connection, clock, signal } = context;
  const started = performance.now();
  const agreed = context.contracts.get(source.name);
  const { form, dialect, single, head } = await formOf(change.path, source, agreed);
  refuseDocuments(head.text, change);
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
  const namesColumns = !agreed && frame.header && frame.columns.length === 0;
  if (namesColumns)
    refuseLinesAbove(head.text, dialect, { complete: head.complete, path: change.path, above: form.linesAbove ?? 0 });
  const headerRecord = frame.header ? parseRecords(head.text, dialect, 1)[0] : undefined;
  const width = headerRecord?.fields.length ?? parseRecords(head.text, dialect, 1)[0]?.fields.length ?? 1;
  const fields = headerRecord?.fields ?? positional(frame, width);
  const names = headerNames(fields, change.path);
  const tail =
    change.action === "append" && early
      ? { ...(await loadedPart(context, change)), headerText: headerRecord ? `${headerRecord.raw}\n` : "" }
      : undefined;
  const input = await prepareInput(change.path, encoding, tail, signal);
  try {
    const { contract, match, isNew, why } = await agree(context, source, change, frame, {
      names,
      headerText: headerRecord?.raw ?? "",
      propose: async (base, wanted) => {
        const others = input.path === change.path ? context.alike(change) : [];
        const proposed = (files: typeof others) => {
          const bytes = files.reduce((sum, other) => sum + other.bytes, change.stat.bytes);
          const evidence = { input, others: files.map(({ path }) => path), bytes };
          return proposeColumns(connection, evidence, base, names, wanted);
        };
        try {
          return await proposed(others);
        } catch (error) {
          // One of the others may have been removed or replaced meanwhile; that is not this file's fault.
          if (others.length === 0 || !isLabsError(error) || error.code !== "DUCK-003") throw error;
          return proposed([]);
        }
      },
    });
    if (namesColumns && headerRecord && source.dialect.header === undefined)
      requireNames(fields, contract.columns, change.path, headerRecord.line + (form.linesAbove ?? 0));
    const result = await transaction(context, source, change, {
      contract: requireKey(source, contract),
      match,
      input,
      scanning,
      checked: early !== undefined,
      isNew,
      why,
      started,
      at: clock(),
      form: encoding,
    });
    if (!agreed && early?.validity === "not utf-8" && source.dialect.encoding !== "latin-1")
      context.onEvent({ type: "note", source: source.name, file: change.name, text: takenForLatin1(head.text) });
    return result;
  } finally {
    await scanning.catch(() => {});
    input.dispose();
  }
}

/** `text`: the file's beginning, read as Latin-1. */
function takenForLatin1(text: string): string {
  const example = /[\w\u0080-\uffff]*[\u0080-\uffff][\w\u0080-\uffff]*/.exec(text)?.[0].slice(0, 40);
  const seen = example === undefined ? "" : ` (\`${example}\`)`;
  return `it is not UTF-8 and was read as Latin-1${seen}; say \`encoding: latin-1\` in lab.yml if that is right, else save it as UTF-8 and load with --full-refresh.`;
}

const sameDialect = (a: Dialect, b: Dialect): boolean =>
  a.delimiter === b.delimiter && a.quote === b.quote && a.escape === b.escape;

const positional = (frame: Contract, width: number): string[] =>
  frame.columns.length === width
    ? frame.columns.map((column) => column.name)
    : Array.from({ length: width }, (_, i) => `column${i + 1}`);

async function transaction(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
): Promise<FileResult> {
  const plan = { ...attempt, offset: attempt.input.offset };
  const quickly = (reading: Reading) =>
    transact(
      context,
      source,
      change,
      plan,
      (mark) => tryFast(context, source, change, attempt, mark, reading),
      "needs care",
    );
  let fast = await quickly("exact");
  if (fast === "misfit" && !(await hidesText(context.connection, attempt.input, attempt.contract, attempt.match.names)))
    fast = await quickly("rejecting");
  if (typeof fast !== "string") return fast;
  const wide = await widerColumns(context, source, attempt);
  if (wide.length > 0) {
    const { contract, isNew, why, widened } = widening(context, source, change, attempt, wide);
    return transaction(context, source, change, { ...attempt, contract, isNew, why, widened, mayWiden: false });
  }
  return transact<never>(context, source, change, plan, (mark) => carefully(context, source, change, attempt, mark));
}

/** Columns that values of this file make wider, when the source may evolve; asked once a file. */
async function widerColumns({ connection, signal }: LoadContext, source: SourceConfig, attempt: Attempt) {
  const { contract, match, input } = attempt;
  if (attempt.mayWiden === false || source.drift !== "evolve" || contract.origin === "declared") return [];
  const scan = await attempt.scanning;
  await stageRecords(connection, input, contract, match.names, everyRowTrails(scan, contract), signal);
  const columns = await widenColumns(connection, source, contract, stage, fieldsOf(contract, match));
  await connection.run(`DROP TABLE ${stage}`);
  return columns;
}

/** Our own reader, which accounts for every record or fails. Errors: ING-008. */
async function carefully(
  { connection, signal }: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
  mark: LoadMark,
): Promise<Counts> {
  const { contract, input } = attempt;
  const scan = await attempt.scanning;
  const counts = await loadCareful(connection, source, attempt, mark, {
    trailing: everyRowTrails(scan, contract),
    now: attempt.at,
    ...(signal && { signal }),
  });
  const expected = scan.records - (contract.header ? 1 : 0) - input.offset;
  if (counts.read !== expected || counts.loaded + counts.quarantined !== expected) {
    throw doesNotAddUp(change, counts, expected);
  }
  return counts;
}
