import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runLab } from "#pipeline/index.ts";
import { openRegistry } from "#registry/index.ts";

const files: Record<string, string> = {
  "shared/config/labs_config.yaml":
    "labs:\n  shop: { maintainer: ann, description: What was sold, tags: [sales] }\n  idle: {}\n",
  "shop/lab.yml":
    "sources:\n  - name: sold\n    path: sold*.csv\n    key: [id]\n    columns: { id: BIGINT, n: BIGINT, what: VARCHAR }\nschedule: { cron: 30 6 * * *, timezone: UTC }\n",
  "shop/dbt/dbt_project.yml": 'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  +materialized: table\n',
  "shop/dbt/macros/schema.sql":
    "{% macro generate_schema_name(custom, node) %}{{ custom or target.schema }}{% endmacro %}",
  "shop/dbt/models/sources.yml": "sources: [{ name: raw, tables: [{ name: sold }] }]\n",
  "shop/dbt/models/bronze.sql": "{{ config(schema='bronze') }} select * from {{ source('raw', 'sold') }}",
  "shop/dbt/models/kpi.sql":
    "{{ config(schema='gold') }} select what, n, n * 1.5 as price from {{ ref('bronze') }} order by id",
  "shop/dbt/models/kpi.yml":
    "models: [{ name: kpi, description: What sells, columns: [{ name: n, description: Pieces, data_tests: [not_null] }] }]\n",
  "shop/data/raw/sold.csv": `id,n,what\n${Array.from({ length: 50 }, (_, i) => `${i + 1},${i % 7},thing ${i % 3}\n`).join("")}51,many,thing\n`,
  "idle/dbt/dbt_project.yml": 'name: idle\nversion: "1.0"\nprofile: idle\n',
};

/** A workspace with a lab that has run and published, with one row in quarantine, and a lab that never ran. */
export async function workspaceWithRun(): Promise<{ root: string; run: string }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "labs-server-")));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const workspace = openRegistry(root);
  const { runId, status, message } = await runLab(workspace, workspace.lab("shop"), { command: "labs run shop" });
  if (status !== "ok" || runId === null) throw new Error(message);
  return { root, run: runId };
}
