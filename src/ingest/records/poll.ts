import { rmSync } from "node:fs";
import { errorToJson, type ErrorJson, isLabsError, thousands } from "#errors/index.ts";
import type { Database } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { type PollEffects, realEffects } from "../api/effects.ts";
import { Secrets } from "../api/secrets.ts";
import { loadSql, nextNumber } from "../ledger/write.ts";
import type { LoadContext } from "../load/context.ts";
import type { FileChange, FileResult } from "../types.ts";
import { baseContract } from "./agree.ts";
import { mayCheckpoint, PartQueue, type PollPart } from "./checkpoint.ts";
import type { Resume } from "./resume.ts";
import { fetchPoll, type Fetched } from "./fetch.ts";
import { createPolls, type PollState, readPolls } from "./ledger.ts";
import { blankResult } from "../load/blank-result.ts";
import { loadPoll } from "./load.ts";
import { clearSpool } from "./spool.ts";

/** Polls that fetch at the same time; they are loaded one after another. */
const together = 4;

/** Whether a source's rows come from an API or a step. */
export const isPolled = (source: SourceConfig | undefined): boolean =>
  source?.api !== undefined || source?.step !== undefined;

export interface PollOptions {
  database: Database;
  effects?: Partial<PollEffects>;
}

/**
 * Polls sources and loads what came, one transaction each. A source that fails changes nothing and stops no other.
 * Errors: only what concerns the database as a whole, and DUCK-004 when cancelled.
 */
export async function runPolls(
  context: LoadContext,
  sources: Map<string, SourceConfig>,
  changes: FileChange[],
  options: PollOptions,
): Promise<FileResult[]> {
  if (changes.length === 0) return [];
  const { connection } = context;
  const effects: PollEffects = { ...realEffects, clock: context.clock, ...options.effects };
  const secrets = new Secrets(effects.env);
  clearSpool(options.database.path);
  await createPolls(connection);
  const states = await readPolls(connection, [...sources.values()]);
  const stop = new AbortController();
  const cancel = () => stop.abort(context.signal?.reason);
  if (context.signal?.aborted) cancel();
  context.signal?.addEventListener("abort", cancel, { once: true });
  const gate = new Gate(together);
  const polls: Poll[] = [];
  const results: FileResult[] = [];
  try {
    for (const change of changes) {
      const source = sources.get(change.source);
      if (!source) throw new Error(`plan without its source ${change.source}`);
      polls.push(
        await start(context, source, change, states.get(source.name), {
          database: options.database.path,
          effects,
          secrets,
          signal: stop.signal,
          gate,
        }),
      );
    }
    for (const poll of polls) {
      context.signal?.throwIfAborted();
      const result = await finish(context, poll, secrets);
      results.push(result);
      context.onEvent({ type: "file-finish", result });
    }
    return results;
  } finally {
    stop.abort();
    context.signal?.removeEventListener("abort", cancel);
    for (const { fetching } of polls)
      await fetching.then(
        (fetched) => fetched.dispose(),
        () => {},
      );
    clearSpool(options.database.path);
  }
}

interface Poll {
  source: SourceConfig;
  change: FileChange;
  before: PollState | undefined;
  base: Awaited<ReturnType<typeof baseContract>>;
  /** What is loaded before all of it is there. */
  parts: PartQueue;
  fetching: Promise<Fetched>;
  started: number;
}

async function start(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  state: PollState | undefined,
  shared: { database: string; effects: PollEffects; secrets: Secrets; signal: AbortSignal; gate: Gate },
): Promise<Poll> {
  const before = context.startAnew.has(source.name) ? undefined : state;
  const started = performance.now();
  const { name, table, action, reason } = change;
  context.onEvent({
    type: "file-start",
    file: name,
    source: source.name,
    table: `raw.${table}`,
    action,
    reason,
    bytes: 0,
  });
  let base: Poll["base"] = { contract: undefined, why: "" };
  let problem: unknown;
  try {
    base = await baseContract(context.connection, source, context.contracts.get(source.name));
  } catch (error) {
    problem = error;
  }
  const parts = new PartQueue();
  const inParts = !context.startAnew.has(source.name) && mayCheckpoint(source, base.contract);
  const onPart = (part: PollPart) => parts.push(part);
  const fetching = shared.gate.run(async () => {
    if (problem !== undefined) throw problem;
    return fetchPoll({ source, contract: base.contract, before, ...shared, ...(inParts && { onPart }) });
  });
  // Awaited in its turn; without a handler an early failure would count as unhandled.
  void fetching.then(
    () => parts.end(),
    () => parts.end(),
  );
  return { source, change, before, base, parts, fetching, started };
}

async function finish(context: LoadContext, poll: Poll, secrets: Secrets): Promise<FileResult> {
  const { source, change, started } = poll;
  const config = source.api ?? source.step;
  if (!config) throw new Error(`${source.name} is not polled`);
  let sum: FileResult | undefined;
  const load = async ({ spooled, cursor, resume }: Pick<PollPart, "spooled" | "cursor"> & { resume?: Resume }) => {
    const agreed = sum === undefined ? poll.base : { contract: context.contracts.get(source.name), why: "" };
    const result = await loadPoll(context, {
      source,
      config,
      change,
      spooled,
      base: agreed.contract ? agreed : poll.base,
      before: poll.before,
      cursor,
      ...(resume && { resume }),
      started,
      at: context.clock(),
    });
    sum = sum === undefined ? result : inAll(sum, result);
    rmSync(spooled.file, { force: true });
    return sum;
  };
  try {
    for (let part = await poll.parts.take(); part; part = await poll.parts.take()) {
      context.signal?.throwIfAborted();
      await load(part);
    }
    return await load(await poll.fetching);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!isLabsError(error) || error.code === "DUCK-004") throw error;
    const failure = withHint(redacted(errorToJson(error), secrets), sum);
    const result: FileResult = {
      ...(sum ?? blankResult(change, "failed")),
      outcome: config.required ? "failed" : "waiting",
      seconds: (performance.now() - started) / 1000,
      error: failure,
    };
    if (config.required) await recordFailure(context, source, result);
    return result;
  }
}

/** The result of a poll that was loaded in parts. */
function inAll(one: FileResult, other: FileResult): FileResult {
  const repeated = (one.rowsRepeated ?? 0) + (other.rowsRepeated ?? 0);
  const widened = [...(one.widenedColumns ?? []), ...(other.widenedColumns ?? [])];
  const warnings = [...(one.warnings ?? []), ...(other.warnings ?? [])];
  const news = [one, other].find(({ outcome }) => outcome === "loaded") ?? other;
  return {
    ...news,
    rowsRead: one.rowsRead + other.rowsRead,
    rowsLoaded: one.rowsLoaded + other.rowsLoaded,
    rowsQuarantined: one.rowsQuarantined + other.rowsQuarantined,
    rowsReplaced: one.rowsReplaced + other.rowsReplaced,
    ...(repeated > 0 && { rowsRepeated: repeated }),
    seconds: other.seconds,
    addedColumns: [...one.addedColumns, ...other.addedColumns],
    ...(widened.length > 0 && { widenedColumns: widened }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Behind parts that are loaded it is not true that nothing was. */
function withHint(error: ErrorJson, loaded: FileResult | undefined): ErrorJson {
  if (loaded === undefined) return error;
  const hint = (error.hint ?? "").replace(/^Nothing was loaded[^.]*\.\s*/, "");
  return {
    ...error,
    hint: `The first ${thousands(loaded.rowsRead)} records are loaded, and the next poll goes on behind them. ${hint}`.trim(),
  };
}

async function recordFailure(context: LoadContext, source: SourceConfig, result: FileResult): Promise<void> {
  const { connection } = context;
  const load = await nextNumber(connection, "loads");
  const facts = { table: source.table, bytes: 0, firstRow: 1, at: context.clock() };
  await connection.run(loadSql(result, load, context.runId, undefined, facts));
}

/** An error without any secret in it, whatever an answer repeated. */
function redacted(error: ErrorJson, secrets: Secrets): ErrorJson {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return secrets.redact(value);
    if (Array.isArray(value)) return value.map(clean);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item)]));
  };
  return clean(error) as ErrorJson;
}

/** Lets a few in at a time. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
