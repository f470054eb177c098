import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Labs of the storm: three that run on new files, one after the first was published, one by the clock. */
export const labs = ["alpha", "beta", "gamma", "after_alpha", "by_clock"] as const;
export type LabName = (typeof labs)[number];
/** Those that get files. */
export const fed: readonly LabName[] = ["alpha", "beta", "gamma", "by_clock"];

const schedules: Record<LabName, string> = {
  alpha: "on_files: true",
  beta: "on_files: true",
  gamma: "on_files: true",
  after_alpha: "after: alpha",
  by_clock: "every: 3 s",
};

const models: Record<string, string> = {
  "bronze/lines": "{{ config(materialized='table') }} select id, amount from raw.lines",
  // An append without a key: doing it twice, or not at all, shows in the count.
  "silver/appended": `{{ config(materialized='incremental', incremental_strategy='append') }}
select id, amount from {{ ref('lines') }}
{% if is_incremental() %} where id > (select coalesce(max(id), 0) from {{ this }}) {% endif %}`,
  "silver/by_key": `{{ config(materialized='incremental', unique_key='id') }}
select id, amount from {{ ref('lines') }}
{% if is_incremental() %} where id > (select coalesce(max(id), 0) - 100 from {{ this }}) {% endif %}`,
  "gold/totals": `{{ config(materialized='table') }}
select 'appended' as which, count(*) as n, sum(amount) as total from {{ ref('appended') }}
union all select 'by_key', count(*), sum(amount) from {{ ref('by_key') }}
union all select 'lines', count(*), sum(amount) from {{ ref('lines') }}`,
};

/** Writes a workspace with all labs, no data yet. */
export function writeWorkspace(root: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put("shared/config/labs_config.yaml", `labs:\n${labs.map((lab) => `  ${lab}:\n    path: ${lab}\n`).join("")}`);
  for (const lab of labs) {
    mkdirSync(join(root, lab, "data", "raw"), { recursive: true });
    const columns = "    columns: { id: BIGINT, amount: BIGINT }\n";
    const source = `sources:\n  - name: lines\n    path: lines*.csv\n    lineage: true\n${columns}`;
    put(`${lab}/lab.yml`, `${source}schedule:\n  ${schedules[lab]}\n  retry_after: 1 s\npublish:\n  keep: 3\n`);
    put(
      `${lab}/dbt/dbt_project.yml`,
      `name: ${lab}\nversion: "1.0"\nmodels:\n  ${lab}:\n${["bronze", "silver", "gold"].map((layer) => `    ${layer}:\n      +schema: ${layer}\n`).join("")}`,
    );
    put(
      `${lab}/dbt/macros/generate_schema_name.sql`,
      "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
    );
    for (const [path, sql] of Object.entries(models)) put(`${lab}/dbt/models/${path}.sql`, sql);
  }
  for (const lab of begun) dropFile(root, lab, 0, firstIds);
}

/** Labs that something else than a file starts have rows from the beginning. */
export const begun: readonly LabName[] = ["after_alpha", "by_clock"];
export const firstIds = [1, 2, 3];

/** Puts a whole file into a lab's raw folder at once, as a careful sender does. */
export function dropFile(root: string, lab: LabName, number: number, ids: number[]): void {
  const folder = join(root, lab, "data", "raw");
  const name = `lines_${String(number).padStart(5, "0")}.csv`;
  const text = `id,amount\n${ids.map((id) => `${id},${amountOf(id)}\n`).join("")}`;
  writeFileSync(join(folder, `.${name}.part`), text);
  renameSync(join(folder, `.${name}.part`), join(folder, name));
}

export const amountOf = (id: number): number => (id * 7919) % 1009;

/** A lab.yml without its schedule, for judges that give their own. */
export const withoutSchedule = (text: string): string => text.replace(/^schedule:\n(?:[ \t].*\n?|\n(?=[ \t]))*/m, "");
