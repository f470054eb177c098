import fc from "fast-check";
import { expect, test } from "vitest";
import { Graph } from "./graph.ts";
import { RunQueue, SkippedNodes } from "./queue.ts";

const graph = Graph.from(
  ["z", "a", "m", "b", "c"],
  [
    ["z", "m"],
    ["m", "b"],
    ["a", "c"],
  ],
);

function drain(queue: RunQueue): string[] {
  const order: string[] = [];
  for (let id = queue.next(); id !== undefined; id = queue.next()) {
    order.push(id);
    queue.done(id);
  }
  return order;
}

test("one thread gets nodes by level, then by id", () => {
  expect(drain(new RunQueue(graph, graph.ids))).toEqual(["a", "z", "c", "m", "b"]);
});

test("levels count selected nodes only, and unselected ones still keep the order", () => {
  const queue = new RunQueue(graph, ["z", "b", "c"]);
  expect([queue.level("b"), queue.level("c")]).toEqual([1, 0]);
  expect(queue.next()).toBe("c");
  expect(queue.next()).toBe("z");
  expect(queue.ready).toBe(false);
  expect(queue.next()).toBeUndefined();
  queue.done("z");
  expect(queue.next()).toBe("b");
  expect(queue.empty).toBe(true);
  expect([...queue.inProgress].sort()).toEqual(["b", "c"]);
});

test("clone hands out everything at once", () => {
  const queue = new RunQueue(graph, ["b", "m", "z"], { independent: true });
  expect([queue.next(), queue.next(), queue.next()]).toEqual(["b", "m", "z"]);
});

test("a node that was not handed out cannot be done", () => {
  expect(() => new RunQueue(graph, graph.ids).done("b")).toThrow(/not in progress/);
});

test("failure marks everything downstream, the last cause wins", () => {
  const skipped = new SkippedNodes<string | null>(graph);
  skipped.failed("z", null);
  expect(["z", "m", "b", "c"].map((id) => skipped.has(id))).toEqual([false, true, true, false]);
  skipped.failed("m", "cause");
  expect([skipped.cause("m"), skipped.cause("b")]).toEqual([null, "cause"]);
  skipped.mark("a", null);
  skipped.failed("a", null);
  expect(skipped.has("c")).toBe(true);
});

test("whatever fails in whatever order, a node has the cause of its last failed ancestor", () => {
  const cases = fc.record({
    edges: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 25 }),
    events: fc.array(fc.record({ at: fc.nat(9), cause: fc.constantFrom(null, "e", "f"), alone: fc.boolean() })),
  });
  fc.assert(
    fc.property(cases, ({ edges, events }) => {
      const forward = edges
        .filter(([a, b]) => a !== b)
        .map(([a, b]): [string, string] => [`n${Math.min(a, b)}`, `n${Math.max(a, b)}`]);
      const random = Graph.from(
        Array.from({ length: 10 }, (_, i) => `n${i}`),
        forward,
      );
      const skipped = new SkippedNodes<string | null>(random);
      const expected = new Map<string, string | null>();
      for (const { at, cause, alone } of events) {
        const id = `n${at}`;
        if (alone) skipped.mark(id, cause);
        else skipped.failed(id, cause);
        // dbt's _mark_dependent_errors goes over every descendant each time.
        for (const below of alone ? [id] : random.ids.filter((other) => random.ancestors(other).has(id)))
          expected.set(below, cause);
      }
      for (const id of random.ids)
        expect([skipped.has(id), skipped.cause(id)]).toEqual([expected.has(id), expected.get(id)]);
    }),
    { numRuns: 500 },
  );
});

test("whatever the graph and the selection, everything comes once and after its selected ancestors", () => {
  const cases = fc.record({
    edges: fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 40 }),
    chosen: fc.uniqueArray(fc.nat(14)),
    threads: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(cases, ({ edges, chosen, threads }) => {
      const names = Array.from({ length: 15 }, (_, i) => `n${i}`);
      const forward = edges
        .filter(([a, b]) => a !== b)
        .map(([a, b]): [string, string] => [`n${Math.min(a, b)}`, `n${Math.max(a, b)}`]);
      const random = Graph.from(names, forward);
      const selected = chosen.map((i) => `n${i}`);
      const queue = new RunQueue(random, selected);
      const finished = new Set<string>();
      const running: string[] = [];
      for (;;) {
        while (running.length < threads && queue.ready) {
          const id = queue.next() as string;
          for (const before of random.ancestors(id)) if (selected.includes(before)) expect(finished).toContain(before);
          running.push(id);
        }
        const one = running.shift();
        if (one === undefined) break;
        queue.done(one);
        finished.add(one);
      }
      expect([...finished].sort()).toEqual([...selected].sort());
    }),
    { numRuns: 200 },
  );
});
