import { didYouMean } from "#errors/index.ts";
import type { RecordsConfig, SourceConfig } from "#registry/index.ts";
import { pollApi } from "../api/poll-api.ts";
import type { PollEffects } from "../api/effects.ts";
import type { Secrets } from "../api/secrets.ts";
import type { Contract } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import { runStep } from "../steps/run-step.ts";
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
}

/** Fetches all records of a source into a file. Errors: ING-013, ING-040 to ING-049, ING-051. */
export async function fetchPoll(options: FetchOptions): Promise<Fetched> {
  const { source, before, effects, secrets, signal } = options;
  const config = source.api ?? source.step;
  if (!config) throw new Error(`${source.name} is not polled`);
  const { incremental } = config;
  if (incremental && before?.cursor) requireOverlapFits(source, incremental, before.cursor);
  const from = incremental && cursorToSend(incremental, before?.cursor);
  const spool = await openSpool(options, config);
  try {
    if (source.api) {
      await pollApi({ source, api: source.api, from, spool, secrets, effects, signal });
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
    throw error;
  }
}

function openSpool(options: FetchOptions, config: RecordsConfig): Promise<RecordSpool> {
  const { source, contract, database, effects } = options;
  const { incremental } = config;
  return RecordSpool.open(database, {
    source: source.name,
    maxBytes: config.maxBytes,
    tracker: new CursorTracker(effects.clock()),
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
