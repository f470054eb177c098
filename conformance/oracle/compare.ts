import type { Check } from "./project.ts";
import type { Outcome } from "./side.ts";
import type { Fingerprint } from "./relations.ts";
import { manifestDifferences } from "./manifest.ts";

export type Area =
  | "exit"
  | "nodes"
  | "manifest"
  | "compiled"
  | "status"
  | "failures"
  | "message"
  | "relation"
  | "freshness"
  | "catalog";
export interface Difference {
  area: Area;
  what: string;
  dbt: unknown;
  ours: unknown;
}
export interface Comparison {
  passed: number;
  differences: Difference[];
  /** Differences that the check names and explains. */
  accepted: number;
  /** Compiled SQL that is equal once runs of white space are one space; counted as passed. */
  whiteSpaceOnly: string[];
}

/** Compares what dbt and the engine left behind after one command. */
export function compare(dbt: Outcome, ours: Outcome, check: Check): Comparison {
  const result: Comparison = { passed: 0, differences: [], accepted: 0, whiteSpaceOnly: [] };
  const equal = (area: Area, what: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) === JSON.stringify(b)) result.passed++;
    else result.differences.push({ area, what, dbt: a, ours: b });
  };
  equal("exit", "exit code", dbt.exit, ours.exit);
  equal("nodes", "manifest written", dbt.manifest !== undefined, ours.manifest !== undefined);
  if (dbt.manifest && ours.manifest) {
    const found = manifestDifferences(dbt.manifest, ours.manifest, check.ignoreFields ?? []);
    result.passed += found.passed;
    result.differences.push(...found.differences);
    compareCompiled(dbt.manifest, ours.manifest, result, equal);
  }
  compareResults(dbt.results, ours.results, equal);
  compareFreshness(dbt.sources, ours.sources, equal);
  if (dbt.catalog || ours.catalog) compareCatalog(dbt.catalog, ours.catalog, equal);
  compareRelations(dbt.relations, ours.relations, check, equal);
  const left = result.differences.filter((d) => !(`${d.area}: ${d.what}` in (check.accepted ?? {})));
  result.accepted = result.differences.length - left.length;
  result.differences = left;
  return result;
}

type Equal = (area: Area, what: string, a: unknown, b: unknown) => void;

/** Names that hold a moment or a random part. */
const momentary = (sql: string): string =>
  sql
    .replaceAll(/__dbt_tmp\d+/g, "__dbt_tmp#")
    .replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{3,6}(\+00:00|Z)?/g, "<moment>");

function compareCompiled(dbt: any, ours: any, result: Comparison, equal: Equal): void {
  for (const [id, node] of Object.entries<any>(dbt.nodes)) {
    const other = ours.nodes[id];
    if (!other || typeof node.compiled_code !== "string") continue;
    const a = momentary(ownCode(node));
    const b = momentary(ownCode(other));
    if (a !== b && squeeze(a) === squeeze(b)) {
      result.whiteSpaceOnly.push(id);
      result.passed++;
    } else equal("compiled", id, a, b);
  }
}
/** Below a Python model's own code stands text of the built-in macros, which is each one's own. */
const ownCode = (node: any): string =>
  node.language === "python" ? node.compiled_code.slice(0, node.raw_code.length) : (node.compiled_code ?? "");
const squeeze = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([(),]) ?/g, "$1")
    .trim();

function compareResults(dbt: any, ours: any, equal: Equal): void {
  equal("status", "run_results written", dbt !== undefined, ours !== undefined);
  if (!dbt || !ours) return;
  const [a, b] = [byId(dbt.results), byId(ours.results)];
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(id), b.get(id)];
    equal("status", id, x?.status, y?.status);
    if (!x || !y) continue;
    equal("failures", id, x.failures, y.failures);
    equal("message", id, messageOf(x.message), messageOf(y.message));
    equal("message", `${id} adapter_response`, plainResponse(x.adapter_response), plainResponse(y.adapter_response));
  }
}
const byId = (results: any[]): Map<string, any> => new Map(results.map((r) => [r.unique_id, r]));

/**
 * What a message says, without where it was raised: dbt names macros (`> in macro`), the engine files and lines, and both
 * quote a line of SQL that may come from a built-in macro, whose text is each one's own; frames of Python are left out. DuckDB's guesses at a missing name depend on which tables exist at that moment.
 */
const messageOf = (message: string | null): string | null =>
  message === null
    ? null
    : squeeze(
        momentary(message)
          .replaceAll(/(Traceback \(most recent call last\):)(?:\n {4,}.*)+/g, "$1")
          .split("\n")
          .filter(
            (line) =>
              !/^\s*(> in |> called by |at \S+:\d+|called from |compiled code at |fix: |Did you mean |LINE \d+: |\^\s*$)/.test(
                line,
              ),
          )
          .map((line) => line.replace(/\. This can happen when calling a macro that does not exist.*$/, ""))
          .join("\n"),
      );
const plainResponse = (response: any): unknown =>
  response && "query_id" in response ? { ...response, query_id: "#" } : response;

function compareFreshness(dbt: any, ours: any, equal: Equal): void {
  equal("freshness", "sources.json written", dbt !== undefined, ours !== undefined);
  if (!dbt || !ours) return;
  const [a, b] = [byId(dbt.results), byId(ours.results)];
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    const plain = (r: any) =>
      r && { status: r.status, max_loaded_at: recent(r.max_loaded_at), criteria: r.criteria, error: r.error };
    equal("freshness", id, plain(a.get(id)), plain(b.get(id)));
  }
}

/** Tables that a check fills relative to now are as old on both sides, not loaded at the same moment. */
const recent = (moment: string | undefined): string | undefined =>
  moment && Date.now() - Date.parse(moment) < 86_400_000 * 2 ? "<recent>" : moment;

function compareCatalog(dbt: any, ours: any, equal: Equal): void {
  for (const part of ["nodes", "sources"]) {
    for (const id of new Set([...Object.keys(dbt?.[part] ?? {}), ...Object.keys(ours?.[part] ?? {})]))
      equal("catalog", id, sorted(dbt?.[part]?.[id]), sorted(ours?.[part]?.[id]));
  }
  equal("catalog", "errors", dbt?.errors, ours?.errors);
}
const sorted = (value: any): any =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, sorted(value[key])]),
      )
    : value;

function compareRelations(
  dbt: Record<string, Fingerprint>,
  ours: Record<string, Fingerprint>,
  check: Check,
  equal: Equal,
): void {
  for (const name of new Set([...Object.keys(dbt), ...Object.keys(ours)]))
    equal("relation", momentary(name), view(dbt[name], name, check), view(ours[name], name, check));
}

/** What must be equal of a relation: all of it, or without the content of volatile columns. */
function view(f: Fingerprint | undefined, name: string, check: Check): unknown {
  if (!f) return undefined;
  const volatile = [...(check.volatile?.[name] ?? []), ...(check.volatile?.["*"] ?? [])];
  const { columnHashes, hash, ...rest } = f;
  const kept = Object.entries(columnHashes).filter(([column]) => !volatile.includes(column));
  const whole =
    kept.length === Object.keys(columnHashes).length ? hash.replaceAll(/\/[^\s"']*\/(?=project\/)/g, "") : "(volatile)";
  return { ...rest, hash: whole, columnHashes: Object.fromEntries(kept) };
}
