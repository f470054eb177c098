import type { GraphNode, OtherNode, RefArgs } from "../manifest/types.ts";

/** Everything that may refer to models, sources or metrics. */
export type Linkable = GraphNode | (OtherNode & { refs?: RefArgs[]; sources?: string[][]; metrics?: string[][] });

/** Adds to `depends_on.nodes`, once. */
export function addDependency(node: Linkable, uniqueId: string): void {
  if (!node.depends_on.nodes.includes(uniqueId)) node.depends_on.nodes.push(uniqueId);
}
