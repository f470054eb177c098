import { errorToJson, isLabsError } from "#errors/index.ts";
import type { Database } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { Contract } from "../contract/types.ts";
import { detectDialect } from "../csv/detect-dialect.ts";
import type { Dialect } from "../csv/dialect.ts";
import { readHead } from "../csv/encoding.ts";
import { withoutLinesAbove } from "../csv/lines-above.ts";
import { parseRecords } from "../csv/records.ts";
import { scanBytes, scanFile } from "../csv/scan.ts";
import { ingestErrors } from "../errors.ts";
import { jsonLayout } from "../formats/json-records.ts";
import { type KnownFile, type LedgerSnapshot, readLedger } from "../ledger/file-ledger.ts";
import type { FileChange, IngestLab, IngestPlan } from "../types.ts";
import { classify, type Look } from "./classify.ts";
import { type PollState, readPolls } from "../records/ledger.ts";
import { pollChange } from "../records/plan.ts";
import { isPolled } from "../records/poll.ts";
import { nowNs, settle } from "./settle.ts";
import { findSources, type FoundFile } from "./sources.ts";

export interface DetectOptions {
  lab: IngestLab & { paths: { config?: string } };
  /** The lab's open database; without one (it does not exist yet) every file is new. */
  database?: Database;
  /** Look at the content of every file, also when size, times and inode are as recorded. */
  verify?: boolean;
  /** A file touched within this time is watched before it is taken. Default: the source's `settle`, else 500. */
  settleMs?: number;
  /** Load everything again, as if nothing had been loaded. */
  fullRefresh?: boolean;
  /** Only these sources. */
  sources?: string[];
  /** APIs and steps too, default; a watcher of files looks far more often than an API should be asked. */
  polls?: boolean;
  /** Milliseconds since 1970. */
  clock?: () => number;
  signal?: AbortSignal;
}

/** New files above this size are scanned while they load instead of before. */
const scanAhead = 8 << 20;

/**
 * Compares the raw folder with the ledger and says what would be loaded and why. Changes nothing.
 * A file that cannot be read is an entry with an error; the others are not affected.
 * Errors: ING-007 when the raw folder itself cannot be read.
 */
export async function detectChanges(options: DetectOptions): Promise<IngestPlan> {
  const { lab, database, signal } = options;
  const clock = options.clock ?? Date.now;
  const found = findSources(lab.paths.raw, lab.config.sources, lab.paths.config ?? "lab.yml");
  const ledger = await ledgerOf(database);
  if (options.fullRefresh)
    forget(
      ledger,
      found.sources.map((source) => source.config),
    );
  const checkedAt = nowNs(clock);
  const plan: IngestPlan = {
    lab: lab.name,
    checkedAt: String(checkedAt),
    fullRefresh: options.fullRefresh ?? false,
    changes: [],
    unchanged: 0,
    unclaimed: found.unclaimed,
    sources: found.sources.map((source) => source.config),
  };
  const wanted = found.sources.filter(({ config }) => options.sources?.includes(config.name) ?? true);
  const entries = bySource(ledger);
  const knownOf = (config: SourceConfig): Map<string, KnownFile> => entries.get(config.name) ?? new Map();
  const untouched = new Set<FoundFile>();
  for (const { config, files } of wanted) {
    const known = knownOf(config);
    for (const file of files) if (sameStat(known.get(file.name), file)) untouched.add(file);
  }
  const touched = wanted.flatMap(({ config, files }) =>
    files
      .filter((file) => !untouched.has(file) && !file.problem)
      .map((file) => ({ file, windowMs: options.settleMs ?? config.settleMs ?? 500, lines: hasLines(config, file) })),
  );
  const { unsettled } = await settle(touched, clock, signal);

  for (const { config, files } of wanted) {
    const known = knownOf(config);
    const contract = ledger.contracts.get(config.name);
    const sizes = sizeCounts(files, known);
    const present = new Set(files.map((file) => file.name));
    const vanished = [...known.values()].filter((entry) => !present.has(entry.file));
    const looks: Look[] = [];
    const context: LookContext = { config, contract, sizes, vanished, options };
    for (const file of files) {
      signal?.throwIfAborted();
      const entry = known.get(file.name);
      if (unsettled.has(file)) {
        looks.push({ file, known: entry, state: "unsettled" });
        continue;
      }
      if (entry !== undefined && untouched.has(file) && !options.verify && entry.state !== "failed") {
        looks.push({ file, known: entry, state: "same stat" });
        continue;
      }
      looks.push(await look(file, entry, context));
    }
    const { changes, unchanged } = classify(config, looks, vanished);
    for (const change of changes) plan.changes.push(change);
    plan.unchanged += unchanged;
  }
  const polled = options.polls === false ? [] : wanted.map(({ config }) => config).filter(isPolled);
  const polls = await pollsOf(options.fullRefresh ? undefined : database, polled);
  plan.changes.push(...polled.map((config) => pollChange(config, polls.get(config.name))));
  plan.changes = order(plan.changes, plan.sources);
  return plan;
}

async function pollsOf(database: Database | undefined, sources: SourceConfig[]): Promise<Map<string, PollState>> {
  if (database === undefined || sources.length === 0) return new Map();
  const connection = await database.connect();
  try {
    return await readPolls(connection, sources);
  } finally {
    await connection.close();
  }
}

async function ledgerOf(database: Database | undefined): Promise<LedgerSnapshot> {
  if (database === undefined) return { files: [], contracts: new Map() };
  const connection = await database.connect();
  try {
    return await readLedger(connection);
  } finally {
    await connection.close();
  }
}

/** A full refresh finds everything new. Deliveries of a snapshot cannot be had again, and so it leaves them alone. */
function forget(ledger: LedgerSnapshot, sources: SourceConfig[]): void {
  const kept = new Set(sources.filter(({ mode }) => mode === "snapshot").map(({ name }) => name));
  ledger.files = ledger.files.filter(({ source }) => kept.has(source));
  for (const name of ledger.contracts.keys()) if (!kept.has(name)) ledger.contracts.delete(name);
}

/** What is known by source and file. */
function bySource(ledger: LedgerSnapshot): Map<string, Map<string, KnownFile>> {
  const entries = new Map<string, Map<string, KnownFile>>();
  for (const entry of ledger.files) {
    const files = entries.get(entry.source);
    if (files) files.set(entry.file, entry);
    else entries.set(entry.source, new Map([[entry.file, entry]]));
  }
  return entries;
}

/** Whether a file is text in lines: packed ones, workbooks and the like are complete or cannot be read. */
const hasLines = ({ format }: SourceConfig, { name }: FoundFile): boolean =>
  format === "csv" ? !/\.(gz|zst)$/i.test(name) : /\.(jsonl|ndjson)$/i.test(name);

/** Size, times and inode are those recorded, and the content was hashed long enough after the last change to have seen it. */
function sameStat(known: KnownFile | undefined, file: FoundFile): boolean {
  if (!known) return false;
  const { bytes, mtime, ctime, inode } = file.stat;
  if (known.bytes !== bytes || known.mtime !== mtime || known.ctime !== ctime || known.inode !== inode) return false;
  // File times tick in milliseconds: a write right after the hash could carry the same time.
  return BigInt(known.checkedAt) - BigInt(ctime) > 50_000_000n;
}

/** How many files, known and found, have a size: equal content needs equal size. */
function sizeCounts(files: FoundFile[], known: Map<string, KnownFile>): Map<number, number> {
  const counts = new Map<number, number>();
  const names = new Set(files.map((file) => file.name));
  const sizes = [
    ...files.map((file) => file.stat.bytes),
    ...[...known.values()].filter((entry) => !names.has(entry.file) || entry.bytes > 0).map((entry) => entry.bytes),
  ];
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
}

interface LookContext {
  config: SourceConfig;
  contract: Contract | undefined;
  sizes: Map<number, number>;
  vanished: KnownFile[];
  options: DetectOptions;
  /** Of the source's first file, while there is no contract: the others are written the same way, or scanned again. */
  dialect?: Dialect;
}

/** Looks into a file whose description differs from the ledger's. */
async function look(file: FoundFile, known: KnownFile | undefined, context: LookContext): Promise<Look> {
  try {
    if (file.problem) throw file.problem;
    if (file.stat.bytes === 0) {
      throw ingestErrors.emptyFile({
        message: `${file.name} is empty.`,
        place: { file: file.path },
        hint: "Deliver it again, or delete it.",
      });
    }
    const { config, contract, options } = context;
    const loaded = known && (known.state === "loaded" || known.state === "removed") ? known : undefined;
    const older = context.vanished.filter((entry) => entry.bytes < file.stat.bytes);
    const mayRepeat = (context.sizes.get(file.stat.bytes) ?? 0) > 1 || older.length > 0;
    if (!loaded && !mayRepeat && file.stat.bytes > scanAhead) return { file, known, state: "new, not scanned" };
    const prefixes = [...(loaded ? [loaded.bytes] : []), ...older.map((entry) => entry.bytes)];
    if (config.format !== "csv") {
      const scan = await scanBytes(file.path, { prefixes, ...(options.signal && { signal: options.signal }) });
      return { file, known, state: "scanned", scan, plain: config.format === "json" && (await isLines(file, config)) };
    }
    const { form, dialect, single, head } = await formOf(file.path, config, contract, context.dialect);
    context.dialect ??= dialect;
    const scan = await scanFile(file.path, dialect, form, {
      prefixes,
      blankIsRecord: single,
      signal: options.signal,
    });
    const plain = form.compression === "none" && form.encoding === "utf-8";
    const [firstRecord] = plain ? parseRecords(head.text, dialect, 1) : [];
    return {
      file,
      known,
      state: "scanned",
      scan: { ...scan, ...(firstRecord && { firstRecord }), ...(form.linesAbove && { linesAbove: form.linesAbove }) },
      plain,
    };
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return { file, known, state: "unreadable", error: errorToJson(error) };
  }
}

/** Whether a JSON file can be read from where it ended before: one record a line, nothing packed. */
async function isLines(file: FoundFile, { dialect, records }: SourceConfig): Promise<boolean> {
  if (records !== undefined) return false;
  const { form, text } = await readHead(file.path, dialect.encoding);
  return form.compression === "none" && form.encoding === "utf-8" && jsonLayout(text) === "lines";
}

/** How a file's text is stored and split, from its contract or its first bytes. Errors: ING-007. */
export async function formOf(
  path: string,
  config: Pick<SourceConfig, "dialect">,
  contract: Contract | undefined,
  hint?: Dialect,
) {
  const { skipLines = 0, delimiter: declared, quote, escape } = config.dialect;
  const { head, separator } = withoutLinesAbove(await readHead(path, config.dialect.encoding), skipLines);
  const delimiter = declared ?? separator;
  const given: Partial<Dialect> = {
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(escape !== undefined && { escape }),
  };
  const dialect = contract?.dialect ?? hint ?? detectDialect(head.text, given, head.complete);
  const firstLine = /^[\r\n]*([^\r\n]*)/.exec(head.text)?.[1] ?? "";
  const single = contract ? contract.columns.length === 1 : !firstLine.includes(dialect.delimiter);
  return { form: head.form, dialect, single, head };
}

/** By source as declared, then oldest first, so that later deliveries win where one replaces another. */
function order(changes: FileChange[], sources: SourceConfig[]): FileChange[] {
  const rank = new Map(sources.map((source, i) => [source.name, i]));
  return changes.sort(
    (a, b) =>
      (rank.get(a.source) ?? 0) - (rank.get(b.source) ?? 0) ||
      (BigInt(a.stat.mtime) < BigInt(b.stat.mtime) ? -1 : BigInt(a.stat.mtime) > BigInt(b.stat.mtime) ? 1 : 0) ||
      (a.name < b.name ? -1 : 1),
  );
}
