import type { AnyNode, GraphNode } from "#engine/index.ts";
import type { NodeOutcome } from "./types.ts";

const broken = new Set(["error", "fail", "partial success"]);

/** Tells of every skipped node which broken ones it lies behind. Costs nothing while nothing is broken. */
export class BrokenNodes {
  /** Broken nodes that stand above a node, or are it. */
  readonly #above = new Map<string, Set<string>>();

  /** To be called for each node in the order in which they end, which is never before what they need. */
  note(node: AnyNode, outcome: NodeOutcome): void {
    const { depends_on: depends, attached_node: attached } = node as Partial<GraphNode>;
    const parents = depends?.nodes ?? [];
    const id = node.unique_id;
    if (broken.has(outcome.status)) {
      this.#add(id, id);
      // What is behind the tables of a failed test is skipped with it.
      if (outcome.attachedTo !== null) for (const tested of attached ? [attached] : parents) this.#add(tested, id);
    } else if (outcome.status === "skipped" && this.#above.size > 0) {
      for (const near of [id, ...parents]) for (const cause of this.#above.get(near) ?? []) this.#add(id, cause);
      outcome.behind = [...(this.#above.get(id) ?? [])];
    }
  }

  #add(id: string, cause: string): void {
    const known = this.#above.get(id);
    if (known) known.add(cause);
    else this.#above.set(id, new Set([cause]));
  }
}
