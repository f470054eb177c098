import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const labNames = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `lab${String(i).padStart(3, "0")}`);

/** A workspace of equal labs: one file of 2,000 rows and four models each. */
export function equalLabs(folder: string, count: number, schedule = ""): void {
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const names = labNames(count);
  put("shared/config/labs_config.yaml", `labs:\n${names.map((name) => `  ${name}:\n    path: ${name}\n`).join("")}`);
  const rows = Array.from({ length: 2_000 }, (_, i) => `${i},${i % 17},${(i * 7919) % 1009}\n`).join("");
  for (const name of names) {
    put(`${name}/data/raw/lines.csv`, `id,product,amount\n${rows}`);
    put(
      `${name}/lab.yml`,
      `sources:\n  - name: lines\n    path: lines*.csv\n    columns: { id: BIGINT, product: BIGINT, amount: BIGINT }\n${schedule}`,
    );
    put(`${name}/dbt/dbt_project.yml`, `name: ${name}\nversion: "1.0"\nmodels:\n  +materialized: table\n`);
    put(`${name}/dbt/models/lines.sql`, "select * from raw.lines");
    put(`${name}/dbt/models/by_product.sql`, "select product, sum(amount) as total from {{ ref('lines') }} group by 1");
    put(`${name}/dbt/models/top.sql`, "select * from {{ ref('by_product') }} order by total desc limit 3");
    put(
      `${name}/dbt/models/totals.sql`,
      "{{ config(schema='gold') }} select sum(total) as total from {{ ref('by_product') }}",
    );
  }
}
