/**
 * Selection, graph and run order against dbt-core's own code on random projects.
 *
 * node conformance/selection/fuzz.ts [projects=100] [questions=40] [seed]
 * The last line is `N passed, M failed`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addTestEdges,
  buildGraph,
  type Graph,
  manifestSelectors,
  type NamedSelectors,
  parseSelectors,
  RunQueue,
  selectNodes,
  subsetGraph,
} from "../../src/engine/4-select/index.ts";
import { isLabsError } from "../../src/errors/index.ts";
import { judgePython } from "../oracle/judge.ts";
import { item } from "./generate.ts";
import { seeded } from "./random.ts";
import type { Item, Json, Question } from "./vocabulary.ts";

interface Answer {
  selected?: string[];
  messages?: string[];
  subset?: [string, string][];
  order?: string[];
  error?: string;
}
interface ItemAnswers {
  manifest: any;
  previous?: any;
  graphError?: string;
  selectorsError?: string;
  selectorDict?: Json;
  answers?: Answer[];
}

const [projects = 100, questions = 40, seed = Math.floor(Math.random() * 1e9)] = process.argv.slice(2).map(Number);
const python = judgePython();

console.log(`seed ${seed}: ${projects} projects, ${questions} questions each`);
const random = seeded(seed);
const items = Array.from({ length: projects }, () => item(random, questions));
const folder = mkdtempSync(join(tmpdir(), "selection-"));
let answers: ItemAnswers[];
try {
  writeFileSync(join(folder, "questions.json"), JSON.stringify(items));
  const oracle = spawnSync(
    python,
    [join(import.meta.dirname, "oracle.py"), join(folder, "questions.json"), join(folder, "answers.json")],
    { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" },
  );
  if (oracle.status !== 0) throw new Error(`the oracle failed:\n${oracle.stderr.slice(-3000)}`);
  answers = JSON.parse(readFileSync(join(folder, "answers.json"), "utf8"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

let passed = 0;
let failed = 0;
const errors = new Map<string, number>();
items.forEach((one, i) => {
  judgeItem(one, answers[i] as ItemAnswers, i);
});
for (const [kind, count] of [...errors].sort((a, b) => b[1] - a[1]).slice(0, 25))
  console.log(`  both refuse: ${kind} x ${count}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function judge(what: string, same: boolean, details: () => unknown): void {
  if (same) {
    passed++;
    return;
  }
  failed++;
  if (failed <= 15) console.log(`FAILED ${what}\n${JSON.stringify(details(), null, 1).slice(0, 3000)}`);
}

function judgeItem(one: Item, theirs: ItemAnswers, number: number): void {
  const manifest = theirs.manifest;
  const graph = attempt(() => buildGraph(manifest));
  if (theirs.graphError !== undefined || "error" in graph) {
    judge(`project ${number}: graph`, theirs.graphError !== undefined && "error" in graph, () => [
      theirs.graphError,
      graph,
    ]);
    return;
  }
  const whole = one.build ? addTestEdges(graph.value, manifest) : graph.value;
  let selectors: NamedSelectors | undefined = new Map();
  if (one.selectors) {
    const document = { data: one.selectors, position: () => ({ line: 1, column: 1 }) };
    const parsed = attempt(() => parseSelectors({ file: "selectors.yml", document }, one.selectorIndirect));
    judge(`project ${number}: selectors`, "error" in parsed === (theirs.selectorsError !== undefined), () => ({
      selectors: one.selectors,
      theirs: theirs.selectorsError,
      ours: parsed,
    }));
    if ("value" in parsed) {
      selectors = parsed.value;
      const ours = manifestSelectors(one.selectors);
      judge(`project ${number}: manifest.selectors`, same(ours, theirs.selectorDict), () => ({
        ours,
        theirs: theirs.selectorDict,
      }));
    }
  }
  one.cases.forEach((question, i) => {
    judgeQuestion(
      one,
      question,
      theirs,
      (theirs.answers as Answer[])[i] as Answer,
      whole,
      selectors,
      `project ${number} question ${i}`,
    );
  });
}

function judgeQuestion(
  one: Item,
  question: Question,
  theirs: ItemAnswers,
  answer: Answer,
  graph: Graph,
  selectors: NamedSelectors,
  name: string,
): void {
  const ours = attempt(() => {
    const { selected, warnings } = selectNodes(theirs.manifest, graph, {
      select: question.select,
      exclude: question.exclude,
      selector: question.selector,
      indirectSelection: question.indirect,
      resourceTypes: question.types,
      selectors,
      pathExists: (path) => one.files.includes(path) || one.files.some((file) => file.startsWith(`${path}/`)),
      ...(question.empty ? {} : { command: "build" }),
      ...(theirs.previous
        ? {
            previousState: {
              folder: "state",
              manifest: theirs.previous,
              results: one.results,
              sources: one.sources,
              sourcesCurrent: one.sourcesCurrent,
            },
          }
        : {}),
    });
    const queue = new RunQueue(graph, selected);
    return {
      selected: [...selected].sort(),
      messages: [...new Set(warnings.filter((w) => w.level === "warn").map((w) => w.name))].sort(),
      subset: closure(subsetGraph(graph, selected)),
      order: drain(queue, question.threads),
    };
  });
  const facts = () => ({
    question,
    selectors: question.selector || /selector:/.test(question.select.join()) ? one.selectors : undefined,
    theirs: answer.error ?? ("value" in ours ? difference(answer, ours.value as never) : answer.selected),
    ours: "error" in ours ? ours.error : difference(ours.value as never, answer),
  });
  if (answer.error !== undefined || "error" in ours) {
    judge(name, answer.error !== undefined && "error" in ours, facts);
    if ("error" in ours && answer.error !== undefined) {
      const kind = `${answer.error.split(":")[0]}: ${ours.error.split(/[ '"]/).slice(0, 3).join(" ")}`;
      errors.set(kind, (errors.get(kind) ?? 0) + 1);
    }
    return;
  }
  const { subset, ...rest } = ours.value;
  const { subset: edges, ...theirRest } = answer;
  judge(name, same(rest, theirRest) && same(subset, closureOf(answer.selected ?? [], edges ?? [])), facts);
}

/** Every pair of nodes of which one waits for the other: dbt may write more edges, never other orders. */
function closure(graph: Graph): string[] {
  return graph.ids.flatMap((id) => [...graph.descendants(id)].map((below) => `${id} ${below}`)).sort();
}

function closureOf(nodes: string[], edges: [string, string][]): string[] {
  const below = new Map<string, string[]>(nodes.map((id) => [id, []]));
  for (const [from, to] of edges) below.get(from)?.push(to);
  return nodes
    .flatMap((id) => {
      const seen = new Set(below.get(id));
      for (const at of seen) for (const next of below.get(at) ?? []) seen.add(next);
      return [...seen].map((to) => `${id} ${to}`);
    })
    .sort();
}

/** What one answer has and the other has not. */
function difference(a: Answer | { selected: string[] }, b: Answer | { selected: string[] }): unknown {
  const [left, right] = [a as Answer, b as Answer];
  return {
    selected: left.selected?.filter((id) => !right.selected?.includes(id)),
    messages: left.messages,
    order: same(left.order, right.order) ? "same" : left.order,
  };
}

/** Hands nodes to `threads` workers of which the oldest always ends first, as the oracle does. */
function drain(queue: RunQueue, threads: number): string[] {
  const order: string[] = [];
  const running: string[] = [];
  for (;;) {
    while (running.length < threads && queue.ready) {
      const id = queue.next() as string;
      order.push(id);
      running.push(id);
    }
    const oldest = running.shift();
    if (oldest === undefined) return order;
    queue.done(oldest);
  }
}

function attempt<T>(run: () => T): { value: T } | { error: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (!isLabsError(error)) throw error;
    return { error: error.message };
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
