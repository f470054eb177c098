import { defaultFlags, runCommand, type GraphNode } from "#engine/index.ts";
import { inWords } from "#expect/index.ts";
import { detectChanges, openForReading, type FileChange } from "#ingest/index.ts";
import { acquireLabLock, type Lab, type Workspace } from "#registry/index.ts";
import { expectationsOf } from "./expectations.ts";
import { engineSettings } from "./transform.ts";
import { type PlannedStep, planSteps } from "./plan-steps.ts";
import type { RunLabOptions } from "./types.ts";

/** What a run would do and why. Nothing was changed to find out. */
export interface LabPlan {
  lab: string;
  files: Pick<FileChange, "name" | "table" | "action" | "reason" | "explain">[];
  unchanged: number;
  /** The lab's own steps, in the order of the run. */
  steps: PlannedStep[];
  /** In the order of one thread; tests follow what they check. */
  nodes: {
    uniqueId: string;
    resourceType: string;
    name: string;
    relation: string | null;
    materialized: string | null;
    why: string;
  }[];
  /** What lab.yml expects of the tables, checked behind the nodes. */
  expectations: { table: string; expected: string; severity: "warn" | "error"; blocking: boolean }[];
}

/** Looks at files and project without loading or building. Errors: those of the project. */
export async function planLab(workspace: Workspace, lab: Lab, options: RunLabOptions = {}): Promise<LabPlan> {
  const lock = await acquireLabLock(lab, {
    wait: options.wait ?? true,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    const database = await openForReading(lab);
    let plan: Awaited<ReturnType<typeof detectChanges>>;
    try {
      plan = await detectChanges({
        lab,
        ...(database ? { database } : {}),
        verify: options.verify ?? false,
        fullRefresh: options.fullRefresh ?? false,
      });
    } finally {
      await database?.close();
    }
    const { flags, target, guard } = engineSettings(workspace, lab, "list", options);
    const listed = await runCommand(
      {
        ...defaultFlags("list", flags.projectDir, { ...flags, command: "list", output: "selector", writeJson: false }),
        resourceTypes: ["model", "seed", "snapshot", "test", "unit_test"],
      },
      { sink: () => {}, target, guard },
    );
    const changed = new Set(
      plan.changes
        .filter((c) => c.action === "load" || c.action === "append" || c.action === "replace")
        .map((c) => c.table.replace(/^raw\./, "")),
    );
    const nodes = nodesOf(listed, changed, options);
    const partial = (options.select ?? []).length + (options.exclude ?? []).length > 0;
    return {
      lab: lab.name,
      files: plan.changes.map(({ name, table, action, reason, explain }) => ({ name, table, action, reason, explain })),
      unchanged: plan.unchanged,
      steps: await planSteps(workspace, lab, options),
      nodes,
      expectations: expectationsOf(lab, partial ? nodes : undefined).map((item) => ({
        table: item.table,
        expected: inWords(item),
        severity: item.severity,
        blocking: item.blocking,
      })),
    };
  } finally {
    lock.release();
  }
}

function nodesOf(
  listed: Awaited<ReturnType<typeof runCommand>>,
  changed: Set<string>,
  options: RunLabOptions,
): LabPlan["nodes"] {
  const { manifest } = listed;
  if (!manifest) return [];
  const reason = new Map<string, string>();
  const follow = (id: string, why: string): void => {
    if (reason.has(id)) return;
    reason.set(id, why);
    for (const child of manifest.child_map[id] ?? []) follow(child, why);
  };
  for (const source of Object.values(manifest.sources))
    if (changed.has(source.identifier) || changed.has(source.name))
      follow(source.unique_id, `reads raw.${source.identifier}, which gets new rows`);
  const selection =
    options.select && options.select.length > 0
      ? `selected by ${options.select.join(" ")}`
      : options.changed === false || options.fullRefresh
        ? "everything is built"
        : "kept if nothing about it changed, else built";
  return (listed.selected ?? []).flatMap((id) => {
    const node = (manifest.nodes[id] ?? manifest.unit_tests[id]) as GraphNode | undefined;
    if (!node) return [];
    const own =
      options.fullRefresh && node.config.materialized === "incremental"
        ? "built from scratch: --full-refresh"
        : undefined;
    return [
      {
        uniqueId: id,
        resourceType: node.resource_type,
        name: node.name,
        relation: node.relation_name ? `${node.schema}.${node.alias}` : null,
        materialized: (node.config.materialized as string | undefined) ?? null,
        why: own ?? reason.get(id) ?? selection,
      },
    ];
  });
}
