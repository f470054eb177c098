import { didYouMean } from "#errors/index.ts";
import type { ApiConfig, RecordsConfig, SourceConfig } from "#registry/index.ts";
import { pollApi } from "../api/poll-api.ts";
import type { PollEffects } from "../api/effects.ts";
import type { Secrets } from "../api/secrets.ts";
import type { Contract } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import { runStep } from "../steps/run-step.ts";
import { mayCheckpoint, type PollPart, requestSettings, resumeOf } from "./checkpoint.ts";
import type { PageStart } from "./resume.ts";
import { type Cursor, cursorToSend, CursorTracker } from "./cursor.ts";
import type { PollState } from "./ledger.ts";
import { RecordShape } from "./shape.ts";
import { RecordSpool, type Spooled } from "./spool.ts";

/** What one poll brought, on disk until {@link Fetched.dispose}. */
export interface Fetched {
  spooled: Spooled;
  /** Where the next poll goes on. */
  cursor: Cursor | undefined;
  dispose(): Promise<void>;
}

export interface FetchOptions {
  source: SourceConfig;
  contract: Contract | undefined;
  before: PollState | undefined;
  /** Path of the lab's database. */
  database: string;
  effects: PollEffects;
  secrets: Secrets;
  signal: AbortSignal;
  /** Takes pages that may be loaded while more are fetched; without it the poll is one piece. */
  onPart?: (part: PollPart) => void;
}

/** Fetches all records of a source into a file, or into several. Errors: ING-013, ING-040 to ING-049, ING-051, ING-052. */
export async function fetchPoll(options: FetchOptions): Promise<Fetched> {
  const { source, before, effects, secrets } = options;
  const config = source.api ?? source.step;
  if (!config) throw new Error(`${source.name} is not polled`);
  const { incremental } = config;
  if (incremental && before?.cursor) requireOverlapFits(source, incremental, before.cursor);
  const from = incremental && cursorToSend(incremental, before?.cursor);
  const settings = source.api ? requestSettings(source, source.api, from, effects.env) : "";
  const now = effects.clock();
  const resume = source.api && options.onPart && resumeOf(before?.resume, settings, now);
  const spool = await openSpool(
    options,
    config,
    resume ? CursorTracker.resume(resume.tracker) : new CursorTracker(now),
  );
  const late = AbortSignal.timeout(config.maxTimeMs);
  const signal = AbortSignal.any([options.signal, late]);
  try {
    if (source.api) {
      const cut = partCutter(options, source.api, spool, { began: resume?.began ?? now, settings });
      await pollApi({
        source,
        api: source.api,
        from,
        spool,
        secrets,
        effects,
        signal,
        ...(resume && { resume: resume.page }),
        ...(cut && { onPage: cut }),
      });
    } else if (source.step) {
      await runStep({ source, step: source.step, from, spool, secrets, effects, signal });
    }
    const spooled = await spool.finish();
    if (incremental && spooled.records > 0 && !spooled.tracker.seen) throw noField(source, incremental.field, spooled);
    return {
      spooled,
      cursor: incremental && spooled.tracker.result(before?.cursor),
      dispose: () => spool.dispose(),
    };
  } catch (error) {
    await spool.dispose();
    if (late.aborted && !options.signal.aborted) throw tookTooLong(source, config);
    throw error;
  }
}

/** Cuts the spool after every so many pages, unless what came needs to be seen as a whole: new columns, or no cursor yet. */
function partCutter(
  { source, contract, before, onPart }: FetchOptions,
  api: ApiConfig,
  spool: RecordSpool,
  facts: { began: number; settings: string },
): ((next: PageStart) => Promise<void>) | undefined {
  if (!onPart || !contract || !mayCheckpoint(source, contract)) return undefined;
  const known = new Set(contract.columns.map(({ name }) => name.toLowerCase()));
  let pages = 0;
  return async (page) => {
    pages++;
    if (pages < api.checkpoint || spool.uncut === 0 || !spool.hasOnly(known)) return;
    if (api.incremental && !spool.tracker.seen) return;
    pages = 0;
    const spooled = await spool.cut();
    onPart({ spooled, cursor: before?.cursor, resume: { ...facts, page, tracker: spooled.tracker.save() } });
  };
}

function tookTooLong(source: SourceConfig, { maxTimeMs }: RecordsConfig) {
  return ingestErrors.pollTooLong({
    message: `The source ${source.name} was not done after ${maxTimeMs / 1000} s.`,
    place: source.place,
    hint: "Nothing was loaded. Raise `max_time` in lab.yml, ask for larger pages, or for less with `query` or `incremental`.",
    data: { source: source.name, max_time_s: maxTimeMs / 1000 },
  });
}

function openSpool(options: FetchOptions, config: RecordsConfig, tracker: CursorTracker): Promise<RecordSpool> {
  const { source, contract, database } = options;
  const { incremental } = config;
  return RecordSpool.open(database, {
    source: source.name,
    maxBytes: config.maxBytes,
    tracker,
    ...(incremental && { field: incremental.field }),
    shape: shapeFor(source, contract, config),
    fingerprint: JSON.stringify([
      [...(source.columns ?? [])],
      source.table,
      source.mode,
      source.key,
      source.orderBy,
      source.drift,
      source.lineage,
      source.maxRejects,
      source.expectations,
      config.flatten,
      config.keepRaw,
      source.dialect.nullValues,
    ]),
  });
}

/** How records of a source become columns, under the contract that it has. */
export function shapeFor(source: SourceConfig, contract: Contract | undefined, config: RecordsConfig): RecordShape {
  const columns = contract?.columns ?? [];
  const named = (type: string) =>
    new Set(columns.filter((column) => column.type === type).map(({ name }) => name.toLowerCase()));
  return new RecordShape({
    levels: config.flatten,
    nullValues: source.dialect.nullValues ?? [],
    known: new Set(columns.map(({ name }) => name.toLowerCase())),
    json: named("JSON"),
    utc: named("TIMESTAMP"),
  });
}

/** Errors: ING-010. */
function requireOverlapFits(
  source: SourceConfig,
  { field, overlap }: NonNullable<RecordsConfig["incremental"]>,
  cursor: Cursor,
): void {
  if (overlap.amount === 0 || cursor.kind === "number" || (cursor.kind === "time" && overlap.kind === "time")) return;
  throw ingestErrors.badContract({
    message: `The overlap of ${source.name} is a ${overlap.kind}, but \`${field}\` holds ${cursor.kind === "time" ? "times" : "texts"} such as ${JSON.stringify(cursor.text)}.`,
    place: source.api?.places.incremental ?? source.step?.places.incremental ?? source.place,
    hint:
      cursor.kind === "time" ? "Write a time such as `overlap: 1 hour`." : "Remove `overlap`: texts have no distance.",
  });
}

function noField(source: SourceConfig, field: string, spooled: Spooled) {
  const names = spooled.shape.columns.map(({ name }) => name);
  const meant = didYouMean(field, names);
  return ingestErrors.cursorMissing({
    message: `No record of ${source.name} has the field \`${field}\` that \`incremental\` names.`,
    place: source.api?.places.incremental ?? source.step?.places.incremental ?? source.place,
    hint: meant ? `Did you mean \`${meant}\`?` : `Their fields are ${names.slice(0, 30).join(", ")}.`,
    data: { source: source.name, field },
  });
}
