import { renderTable } from "../adapter/index.ts";
import { readNodeSeed } from "../context/seed-table.ts";
import type { ShownTable } from "../events.ts";
import type { RunResult } from "../manifest/types.ts";
import type { Invocation } from "./invocation.ts";

/** `seed --show`: ten rows, by chance, of every seed that was loaded. Source: dbt-core task/seed.py show_table. */
export function seedTables({ manifest, runtime }: Invocation, results: readonly RunResult[]): ShownTable[] {
  return results.flatMap(({ status, unique_id }) => {
    const node = manifest.nodes[unique_id];
    if (status !== "success" || node?.resource_type !== "seed") return [];
    const table = readNodeSeed({ node, runtime });
    const sample = table.fork(shuffled(table.allRows()));
    return {
      header: `Random sample of table: ${node.schema}.${node.alias}`,
      text: renderTable(sample, { maxRows: 10, maxColumns: null }),
    };
  });
}

/** Every order is equally likely (Fisher and Yates). */
function shuffled<T>(rows: readonly T[]): T[] {
  const mixed = [...rows];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}
