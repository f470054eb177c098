import type { Difference } from "./compare.ts";

/** Fields that hold a moment or a path of the machine, and those compared elsewhere. */
const leftOut = new Set([
  "created_at",
  "root_path",
  "build_path",
  "compiled_path",
  "compiled_code",
  "compiled",
  "extra_ctes",
  "extra_ctes_injected",
]);
const sections = [
  "nodes",
  "sources",
  "exposures",
  "groups",
  "unit_tests",
  "metrics",
  "semantic_models",
  "saved_queries",
  "functions",
];

/** Ids and fields of every node of two manifests, and the maps that join them. */
export function manifestDifferences(
  dbt: any,
  ours: any,
  ignore: string[],
): { passed: number; differences: Difference[] } {
  const differences: Difference[] = [];
  let passed = 0;
  for (const section of sections) {
    const [a, b] = [dbt[section] ?? {}, ours[section] ?? {}];
    for (const id of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!(id in a) || !(id in b)) {
        differences.push({
          area: "nodes",
          what: id,
          dbt: id in a ? "there" : "missing",
          ours: id in b ? "there" : "missing",
        });
        continue;
      }
      passed++;
      for (const field of new Set([...Object.keys(a[id]), ...Object.keys(b[id])])) {
        if (leftOut.has(field) || ignore.includes(field)) continue;
        const mine = field === "columns" ? withoutLineage(b[id][field], a[id][field]) : b[id][field];
        const [x, y] = [canonical(a[id][field], field), canonical(mine, field)];
        if (x === y) passed++;
        else differences.push({ area: "manifest", what: `${id} ${field}`, dbt: a[id][field], ours: b[id][field] });
      }
    }
  }
  // The text of the first page of the documentation is each engine's own.
  for (const m of [dbt, ours]) delete m.docs?.["doc.dbt.__overview__"]?.block_contents;
  for (const part of ["parent_map", "child_map", "group_map", "disabled", "docs"]) {
    const [a, b] = [
      part === "disabled" ? Object.keys(dbt[part] ?? {}).sort() : dbt[part],
      part === "disabled" ? Object.keys(ours[part] ?? {}).sort() : ours[part],
    ];
    const keys = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
    for (const key of keys) {
      if (canonical(a?.[key], "nodes") === canonical(b?.[key], "nodes")) passed++;
      else differences.push({ area: "manifest", what: `${part} ${key}`, dbt: a?.[key], ours: b?.[key] });
    }
  }
  return { passed, differences };
}

/** Columns without the engine's own extension (docs/adr/0005-column-lineage.md), unless the project has such a key itself. */
function withoutLineage(ours: any, dbt: any): any {
  return Object.fromEntries(
    Object.entries<any>(ours ?? {}).map(([name, { lineage, ...column }]) => [
      name,
      dbt?.[name]?.lineage === undefined ? column : { ...column, lineage },
    ]),
  );
}

/** One text for equal values: keys sorted, lists that are sets sorted. */
function canonical(value: unknown, key: string): string {
  return JSON.stringify(sortKeys(value, key));
}
const setLike = new Set(["nodes", "macros", "refs", "sources", "doc_blocks"]);
function sortKeys(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((v) => sortKeys(v, ""));
    return setLike.has(key) ? items.sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1)) : items;
  }
  if (value && typeof value === "object") {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(
      Object.keys(record)
        .sort()
        .filter((k) => k !== "created_at")
        .map((k) => [k, sortKeys(record[k], k)]),
    );
  }
  return value;
}
