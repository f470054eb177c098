import { hostname } from "node:os";
import type { ErrorJson } from "#errors/index.ts";
import type { EventInfo, IncidentCause, RunDetail } from "#ledger/index.ts";

/** What went wrong once, told apart from everything else by its fingerprint. */
export interface Observation {
  fingerprint: string;
  event: string;
  cause: IncidentCause;
  /** Several labs may have it: it is one problem all the same. */
  shared: boolean;
}

const isTest = (type: string): boolean => type === "test" || type === "unit_test" || type === "expectation";
const badStatus = new Set(["error", "fail", "partial success"]);

/** What an event about a node, or a file that was loaded, carries; see the pipeline's `record`. */
interface NodeData {
  uniqueId?: string;
  file?: string;
  error?: ErrorJson;
  behind?: string[];
}
interface FileData {
  file?: string;
  source?: string;
  outcome?: string;
  error?: ErrorJson;
}

/**
 * Why a run failed: its root causes, the first in graph order first. A broken node and all that lies behind it are one; so are
 * all files of a source. A run that did not fail has none.
 */
export function causesOf(run: RunDetail, events: EventInfo[]): Observation[] {
  if (run.status === "crashed") return [crashed(run)];
  if (run.status !== "failed") return [];
  const found = [...nodeCauses(run, events), ...fileCauses(run, events)];
  const explained = new Set([
    ...(found.some((o) => o.cause.node) ? ["transform"] : []),
    ...(found.some((o) => o.cause.step === "load") ? ["load"] : []),
  ]);
  // Of a step that was tried again the last attempt counts.
  for (const step of new Map(run.steps.map((each) => [each.name, each])).values()) {
    if (step.data?.["optional"] === true) continue;
    if (step.status !== "failed" || (!step.error && explained.has(step.name))) continue;
    // What the gate or a later stage says about a run that broke earlier is no cause of its own.
    if (!step.error && found.length > 0) continue;
    const said = step.error?.message ?? run.summary?.message ?? `The step ${step.name} failed.`;
    found.push(
      failure(run.lab, `step:${step.name}`, step.error, {
        summary: `the step ${step.name} failed`,
        message: said,
        step: step.name,
      }),
    );
  }
  if (found.length === 0) {
    const error = run.summary?.error;
    const message = error?.message ?? run.summary?.message ?? "The run failed.";
    found.push(failure(run.lab, "run", error, { summary: "the run failed", message }));
  }
  return merged(found);
}

function crashed(run: RunDetail): Observation {
  const step = run.steps.findLast((each) => each.status === "crashed" || each.status === "running")?.name;
  return {
    fingerprint: `failed:${run.lab}:crash`,
    event: "failed",
    shared: false,
    cause: {
      summary: `its process ended${step === undefined ? "" : ` in the step ${step}`} without a word`,
      message: `The process ${run.pid} on ${run.host} was killed, ran out of memory, or the machine went down.`,
      hint: "What was committed is kept; the next run goes on from there.",
      ...(step !== undefined && { step }),
    },
  };
}

function nodeCauses(run: RunDetail, events: EventInfo[]): Observation[] {
  const models = new Map(run.models.map((model) => [model.uniqueId, model]));
  const nodes = events.filter((event) => event.type === "node-finish");
  const skippedBehind = new Map<string, { models: number; tests: number }>();
  for (const { data } of nodes) {
    const { uniqueId = "", behind = [] } = (data ?? {}) as NodeData;
    for (const cause of behind) {
      const count = skippedBehind.get(cause) ?? { models: 0, tests: 0 };
      count[isTest(models.get(uniqueId)?.resourceType ?? "") ? "tests" : "models"]++;
      skippedBehind.set(cause, count);
    }
  }
  // Events are in the order in which nodes ended, which differs between runs; models before tests, then by name, does not.
  const broken = nodes
    .map(({ data }) => (data ?? {}) as NodeData)
    .filter(({ uniqueId = "" }) => badStatus.has(models.get(uniqueId)?.status ?? ""));
  return broken
    .map(({ uniqueId = "", file, error }) => {
      const model = models.get(uniqueId)!;
      const kind = model.resourceType.replace("_", " ");
      const failing = model.failures ? ` with ${model.failures} ${model.failures === 1 ? "row" : "rows"}` : "";
      const what = isTest(model.resourceType) && model.status === "fail" ? `failed${failing}` : "failed";
      const skipped = skippedBehind.get(uniqueId);
      return failure(run.lab, `node:${uniqueId}`, error, {
        summary: `${kind} ${model.name} ${what}`,
        node: uniqueId,
        step: "transform",
        ...(model.message ? { message: model.message } : {}),
        ...(file !== undefined && { file }),
        ...(skipped && { skipped }),
      });
    })
    .toSorted(
      (a, b) => behindCount(b) - behindCount(a) || rank(a) - rank(b) || (a.fingerprint < b.fingerprint ? -1 : 1),
    );
}

const behindCount = ({ cause }: Observation): number => (cause.skipped?.models ?? 0) + (cause.skipped?.tests ?? 0);
const rank = ({ cause }: Observation): number => (/^(test|unit_test|expectation)\./.test(cause.node ?? "") ? 1 : 0);

function fileCauses(run: RunDetail, events: EventInfo[]): Observation[] {
  const failed = events
    .filter((event) => event.type === "file-finish")
    .map(({ data }) => (data ?? {}) as FileData)
    .filter(({ outcome }) => outcome === "failed");
  const bySource = Map.groupBy(failed, ({ source = "" }) => source);
  return [...bySource].map(([source, files]) => {
    const [first] = files;
    const what =
      files.length === 1
        ? `${first?.file ?? "a file"} could not be loaded`
        : `${files.length} files of ${source} could not be loaded`;
    return failure(run.lab, `source:${source}`, first?.error, {
      summary: what,
      step: "load",
      ...(files.length > 1 && { count: files.length }),
    });
  });
}

/** An observation of a failure; causes that lie outside the lab are the same for every lab. */
function failure(lab: string, what: string, error: ErrorJson | null | undefined, cause: IncidentCause): Observation {
  const message = error?.message ?? cause.message;
  const outside = sharedCause(error?.code ?? "", message ?? "", error?.data);
  const { place } = error ?? {};
  return {
    fingerprint: outside ? `failed:${outside}` : `failed:${lab}:${what}`,
    event: "failed",
    shared: outside !== undefined,
    cause: {
      ...cause,
      ...(error && { code: error.code }),
      ...(message !== undefined && { message: message.trim() }),
      ...(error?.hint !== undefined && { hint: error.hint }),
      ...(place && { file: place.file }),
      ...(place?.line !== undefined && { line: place.line }),
      ...(place?.column !== undefined && { column: place.column }),
    },
  };
}

const unreachable = /^(ING-041)$/;

/** What is outside a lab and hits all labs alike: the disk, a host that does not answer, a variable that is not set. */
export function sharedCause(code: string, message: string, data?: Record<string, unknown>): string | undefined {
  if (code === "REG-011" || /no space left|disk quota|ENOSPC/i.test(message)) return `disk-full:${hostname()}`;
  if (code === "ING-040" && typeof data?.["variable"] === "string") return `variable:${data["variable"]}`;
  if (unreachable.test(code)) {
    const host = /https?:\/\/([^/\s:?#]+)/i.exec(message)?.[1];
    if (host) return `unreachable:${host.toLowerCase()}`;
  }
  return undefined;
}

/** One observation a fingerprint: a full disk breaks many nodes. */
function merged(found: Observation[]): Observation[] {
  const byFingerprint = Map.groupBy(found, ({ fingerprint }) => fingerprint);
  return [...byFingerprint.values()].map((same) => {
    const first = same[0] as Observation;
    if (same.length === 1) return first;
    const skipped = { models: 0, tests: 0 };
    for (const { cause } of same) {
      skipped.models += cause.skipped?.models ?? 0;
      skipped.tests += cause.skipped?.tests ?? 0;
    }
    const behind = skipped.models + skipped.tests > 0;
    return { ...first, cause: { ...first.cause, count: same.length, ...(behind && { skipped }) } };
  });
}
