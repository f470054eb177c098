import { codePointOrder } from "./code-points.ts";
import type { Graph } from "./graph.ts";
import { topological } from "./subset.ts";

export interface RunQueueOptions {
  /** `clone`: every node is ready at once. */
  independent?: boolean;
}

/**
 * The selected nodes in dbt's order of execution: among the nodes whose selected ancestors are all done, the one with
 * the lowest level in the selected subgraph comes first, ties by unique id.
 * Unselected nodes between selected ones carry the wait without being handed out, so the cost stays linear.
 */
export class RunQueue {
  private readonly graph: Graph;
  private readonly selected: Uint8Array;
  private readonly waiting: Int32Array;
  private readonly rank: Int32Array;
  private readonly byRank: number[];
  private readonly levels: Int32Array;
  private readonly edges: boolean;
  private readonly heap: number[] = [];
  private readonly running = new Set<string>();
  private left: number;

  constructor(graph: Graph, selected: Iterable<string>, options: RunQueueOptions = {}) {
    this.graph = graph;
    this.edges = !options.independent;
    this.selected = new Uint8Array(graph.size);
    this.waiting = new Int32Array(graph.size);
    this.rank = new Int32Array(graph.size);
    this.levels = new Int32Array(graph.size);
    const chosen: number[] = [];
    for (const id of selected) {
      const at = graph.at(id);
      if (!this.selected[at]) chosen.push(at);
      this.selected[at] = 1;
    }
    this.left = chosen.length;
    if (this.edges) {
      for (const at of topological(graph)) {
        const step = this.selected[at] ? 1 : 0;
        for (const child of graph.childrenAt(at, true)) {
          this.waiting[child] = (this.waiting[child] as number) + 1;
          const level = (this.levels[at] as number) + step;
          if (level > (this.levels[child] as number)) this.levels[child] = level;
        }
      }
    }
    const byId = codePointOrder(graph.ids);
    this.byRank = chosen.sort(
      (a, b) =>
        (this.levels[a] as number) - (this.levels[b] as number) || byId(graph.ids[a] as string, graph.ids[b] as string),
    );
    this.byRank.forEach((at, rank) => {
      this.rank[at] = rank;
    });
    const roots: number[] = [];
    for (let at = 0; at < graph.size; at++) if (this.waiting[at] === 0) roots.push(at);
    this.release(roots);
  }

  /** How many selected nodes have not been handed out yet. */
  get size(): number {
    return this.left;
  }

  /** Nothing is left to hand out; nodes may still be running. */
  get empty(): boolean {
    return this.left === 0;
  }

  /** Unique ids that were handed out and are not done. */
  get inProgress(): ReadonlySet<string> {
    return this.running;
  }

  /** All selected nodes by level, then unique id: the order of one thread. */
  get order(): string[] {
    return this.byRank.map((at) => this.graph.ids[at] as string);
  }

  /** Level of a node inside its connected part of the selected subgraph, from 0. */
  level(id: string): number {
    return this.levels[this.graph.at(id)] as number;
  }

  /** The next node to run, or undefined when none is ready (call again after {@link done}). */
  next(): string | undefined {
    const rank = this.pop();
    if (rank === undefined) return undefined;
    const id = this.graph.ids[this.byRank[rank] as number] as string;
    this.running.add(id);
    this.left--;
    return id;
  }

  /** Whether {@link next} would give a node now. */
  get ready(): boolean {
    return this.heap.length > 0;
  }

  /** Marks a node that was handed out as finished (in whatever way), which may make others ready. */
  done(id: string): void {
    if (!this.running.delete(id)) throw new RangeError(`node ${id} is not in progress`);
    if (this.edges) this.release(this.freed(this.graph.at(id)));
  }

  /** Hands selected nodes to the heap; unselected ones are done at once and may free their children. */
  private release(positions: number[]): void {
    for (let at = positions.pop(); at !== undefined; at = positions.pop()) {
      if (this.selected[at]) this.push(this.rank[at] as number);
      else if (this.edges) positions.push(...this.freed(at));
    }
  }

  private freed(at: number): number[] {
    const free: number[] = [];
    for (const child of this.graph.childrenAt(at, true)) {
      const left = (this.waiting[child] as number) - 1;
      this.waiting[child] = left;
      if (left === 0) free.push(child);
    }
    return free;
  }

  private push(rank: number): void {
    const heap = this.heap;
    let i = heap.length;
    heap.push(rank);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if ((heap[up] as number) <= rank) break;
      heap[i] = heap[up] as number;
      i = up;
    }
    heap[i] = rank;
  }

  private pop(): number | undefined {
    const heap = this.heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && (heap[down + 1] as number) < (heap[down] as number)) down++;
      if ((heap[down] as number) >= last) break;
      heap[i] = heap[down] as number;
      i = down;
    }
    heap[i] = last;
    return top;
  }
}

/**
 * Which nodes must be skipped because something upstream failed. `cause` travels with the mark
 * (dbt passes the result of a failed ephemeral ancestor).
 */
export class SkippedNodes<Cause> {
  private readonly graph: Graph;
  private readonly marks = new Map<string, Cause>();
  /** Nodes below which everything is marked with {@link lastCause}. */
  private readonly passedOn = new Set<string>();
  private lastCause: Cause | undefined;

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** Marks everything downstream of a node, test edges included; the last cause is the one that stays. */
  failed(id: string, cause: Cause): void {
    this.forget(cause);
    const seen = new Set<number>([this.graph.at(id)]);
    for (const at of seen) {
      for (const child of this.graph.childrenAt(at, true)) {
        const name = this.graph.ids[child] as string;
        // Where the same cause went through before, everything below has it already.
        if (this.passedOn.has(name)) continue;
        this.marks.set(name, cause);
        this.passedOn.add(name);
        seen.add(child);
      }
    }
  }

  /** Marks one node only, as `build` does with a model whose unit test failed. */
  mark(id: string, cause: Cause): void {
    this.forget(cause);
    this.marks.set(id, cause);
  }

  /** Another cause may go over a part of what an earlier one has marked. */
  private forget(cause: Cause): void {
    if (cause !== this.lastCause) this.passedOn.clear();
    this.lastCause = cause;
  }

  has(id: string): boolean {
    return this.marks.has(id);
  }

  cause(id: string): Cause | undefined {
    return this.marks.get(id);
  }
}
