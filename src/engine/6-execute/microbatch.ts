import { PyFunction, str, type Value } from "#jinja/index.ts";
import { compileNode, type EphemeralCompilations } from "../5-compile/index.ts";
import type { Batch, NodeExecution } from "../context/execution.ts";
import { utcDateTime } from "../context/data.ts";
import { relationFromNode } from "../context/relations.ts";
import { sampleWindow } from "../context/sample-window.ts";
import { engineError } from "../errors.ts";
import type { GraphNode, RunResult } from "../manifest/types.ts";
import { mainResult, materializationOf, runMaterialization } from "./materialize.ts";
import type { resultOf } from "./outcome.ts";

type BatchSize = "hour" | "day" | "month" | "year";

const sizes: BatchSize[] = ["hour", "day", "month", "year"];

/** Start of the hour, day, month or year, in UTC. Source: dbt-core materializations/incremental/microbatch.py truncate_timestamp. */
export function truncate(time: Date, size: BatchSize): Date {
  const parts = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate(), time.getUTCHours()] as const;
  if (size === "hour") return new Date(Date.UTC(parts[0], parts[1], parts[2], parts[3]));
  if (size === "day") return new Date(Date.UTC(parts[0], parts[1], parts[2]));
  if (size === "month") return new Date(Date.UTC(parts[0], parts[1], 1));
  return new Date(Date.UTC(parts[0], 0, 1));
}

/** Truncates, then moves by whole batches. Source: microbatch.py offset_timestamp. */
export function offset(time: Date, size: BatchSize, by: number): Date {
  const start = truncate(time, size);
  const [year, month, day, hour] = [
    start.getUTCFullYear(),
    start.getUTCMonth(),
    start.getUTCDate(),
    start.getUTCHours(),
  ];
  if (size === "hour") return new Date(Date.UTC(year, month, day, hour + by));
  if (size === "day") return new Date(Date.UTC(year, month, day + by));
  if (size === "month") return new Date(Date.UTC(year, month + by, 1));
  return new Date(Date.UTC(year + by, 0, 1));
}

/** `2024-09-17T16`, `2024-09-17`, `2024-09`, `2024`. */
export function formatStart(start: Date, size: BatchSize): string {
  const text = start.toISOString();
  return text.slice(0, { year: 4, month: 7, day: 10, hour: 13 }[size]);
}

/** A moment as written in config or on the command line; without a zone it is UTC. */
export function utcTime(text: string): Date {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !/\d/.test(text);
  const iso = text.trim().replace(" ", "T");
  return new Date(zoned ? iso : iso.length <= 10 ? `${iso}T00:00:00Z` : `${iso}Z`);
}

const batchOf = (start: Date, end: Date, size: BatchSize): Batch => ({
  id: formatStart(start, size).replaceAll("-", ""),
  start,
  end,
});

/** The batches of a run, oldest first; the last one ends exactly at `end`. */
export function batchesBetween(start: Date, end: Date, size: BatchSize): Batch[] {
  const batches: Batch[] = [];
  let from = start;
  let to = offset(from, size, 1);
  const add = (a: Date, b: Date) => batches.push(batchOf(a, b, size));
  add(from, to);
  while (to < end) {
    from = to;
    to = offset(from, size, 1);
    add(from, to);
  }
  const last = batches[batches.length - 1];
  if (last) last.end = end;
  return batches;
}

function plan(execution: NodeExecution, incremental: boolean): Batch[] {
  const { node, runtime } = execution;
  const { config } = node;
  const size = String(config.batch_size) as BatchSize;
  if (!sizes.includes(size))
    throw engineError("runtime", {
      message: `Microbatch model '${node.name}' does not have a 'batch_size' config (one of ['hour', 'day', 'month', 'year']) specificed.`,
    });
  const { eventTimeStart, eventTimeEnd } = runtime.flags;
  // The window of --sample takes the place of the other two options.
  const sample = runtime.flags.sample === undefined ? undefined : sampleWindow(runtime.flags.sample, runtime.startedAt);
  const first = sample?.start ?? (eventTimeStart === undefined ? undefined : utcTime(eventTimeStart));
  const wanted = sample?.end ?? (eventTimeEnd === undefined ? runtime.startedAt : utcTime(eventTimeEnd));
  const floor = truncate(wanted, size);
  const end = floor.getTime() === wanted.getTime() ? wanted : offset(wanted, size, 1);
  if (first !== undefined) return batchesBetween(truncate(first, size), end, size);
  if (!incremental) return batchesBetween(truncate(utcTime(str(config.begin as string)), size), end, size);
  const lookback = Number(config.lookback ?? 1) + (end.getTime() === truncate(end, size).getTime() ? 1 : 0);
  return batchesBetween(offset(end, size, -lookback), end, size);
}

/** Whether the table is there and may be added to. Source: dbt-core task/run.py MicrobatchModelRunner._is_incremental. */
function isIncremental(execution: NodeExecution): boolean {
  const { node, runtime, adapter } = execution;
  const relation = adapter.cache.get(relationFromNode(node, runtime.read.root.quoting));
  if (relation?.type !== "table") return false;
  return node.config.full_refresh === null || node.config.full_refresh === undefined
    ? !runtime.flags.fullRefresh
    : !node.config.full_refresh;
}

/**
 * Runs a microbatch model batch by batch, oldest first. A failed first batch skips the rest; later failures do not stop others.
 * Pre-hooks run with the first batch and post-hooks with the last. Source: dbt-core task/run.py MicrobatchModelRunner.
 */
export async function runMicrobatch(
  execution: NodeExecution,
  ephemeral: EphemeralCompilations,
  finish: (fields: Omit<Parameters<typeof resultOf>[1], "threadId" | "timing" | "seconds">) => RunResult,
): Promise<RunResult> {
  const { node, runtime } = execution;
  const size = String(node.config.batch_size) as BatchSize;
  const again = runtime.flags.retryBatches?.[node.unique_id];
  const incremental = again !== undefined || isIncremental(execution);
  const batches =
    again?.map(([start, end]) => batchOf(new Date(start), new Date(end), size)) ?? plan(execution, incremental);
  const done: Batch[] = [];
  const failed: Batch[] = [];
  let exists = incremental;
  let firstFailed = false;
  for (const [i, batch] of batches.entries()) {
    if (firstFailed) {
      failed.push(batch);
      continue;
    }
    const line = {
      uniqueId: node.unique_id,
      index: i + 1,
      total: batches.length,
      description: `batch ${formatStart(batch.start, size)} of ${node.schema}.${node.alias}`,
    };
    const began = performance.now();
    const tell = (ok: boolean) =>
      runtime.emit({ type: "batch-finish", ...line, ok, seconds: (performance.now() - began) / 1000 });
    runtime.emit({ type: "batch-start", ...line });
    try {
      await runBatch(
        execution,
        batch,
        { first: i === 0, last: i === batches.length - 1, incremental: exists },
        ephemeral,
      );
      exists = true;
      done.push(batch);
      tell(true);
    } catch (error) {
      failed.push(batch);
      if (i === 0) firstFailed = true;
      await execution.session.rollbackIfOpen();
      tell(false);
      // The model's own result says no more than that batches failed.
      const text = error instanceof Error ? error.message : String(error);
      runtime.emit({ type: "message", level: "error", text, uniqueId: node.unique_id });
    }
  }
  const range = (b: Batch): [string, string] => [b.start.toISOString(), b.end.toISOString()];
  const batchResults = { successful: done.map(range), failed: failed.map(range) };
  if (failed.length === 0) return finish({ status: "success", message: "SUCCESS", batchResults, failures: 0 });
  if (done.length === 0) return finish({ status: "error", message: "ERROR", batchResults, failures: 0 });
  return finish({
    status: "partial success",
    message: `PARTIAL SUCCESS (${done.length}/${batches.length})`,
    batchResults,
    failures: 0,
  });
}

async function runBatch(
  execution: NodeExecution,
  batch: Batch,
  position: { first: boolean; last: boolean; incremental: boolean },
  ephemeral: EphemeralCompilations,
): Promise<void> {
  const config = { ...execution.node.config };
  if (!position.first) config["pre-hook"] = [];
  if (!position.last) config["post-hook"] = [];
  config.__dbt_internal_microbatch_event_time_start = utcDateTime(batch.start);
  config.__dbt_internal_microbatch_event_time_end = utcDateTime(batch.end);
  const node: GraphNode = {
    ...execution.node,
    config,
    extra_ctes: [],
    extra_ctes_injected: false,
    batch: { id: batch.id, event_time_start: batch.start.toISOString(), event_time_end: batch.end.toISOString() },
  };
  const own: NodeExecution = { ...execution, node, batch };
  const answer = (value: boolean) => new PyFunction("is_incremental", () => value);
  const context: Record<string, Value> = position.incremental
    ? { is_incremental: answer(true), should_full_refresh: answer(false) }
    : {};
  await compileNode(own, { ephemeral });
  const { value, run } = await runMaterialization(own, materializationOf(own), {}, context);
  void value;
  mainResult(run, node);
  execution.adapter.cache.add(relationFromNode(node, execution.runtime.read.root.quoting).with({ type: "table" }));
  Object.assign(execution.node, {
    compiled: node.compiled,
    compiled_code: node.compiled_code,
    compiled_path: node.compiled_path,
  });
}
