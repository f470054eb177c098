import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { macroFiles } from "./macros.ts";
import { layers, type Model } from "./models.ts";
import { propertiesOf, sourcesFile } from "./properties.ts";

/** What a generated project holds. */
export interface ScaleProject {
  folder: string;
  /** Statements that make the tables its sources name; every database of a measurement gets them first. */
  rawTables: string[];
  files: number;
}

/** Models that share a folder and a properties file. */
const modelsAFolder = 20;

/**
 * Writes a dbt project of `count` models: staging views over sources, intermediate models, marts; about two tests a
 * model, descriptions for each column, macros, vars, seeds, exposures and singular tests. The same count gives the
 * same bytes. `database` is the file that profiles.yml names.
 */
export function writeProject(folder: string, count: number, database: string): ScaleProject {
  const files: Record<string, string> = {
    "dbt_project.yml": projectFile,
    "profiles.yml": `scale:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ${JSON.stringify(database)}\n      schema: main\n      threads: 4\n`,
    ...macroFiles(Math.ceil(count / 100)),
  };
  const models = layers(count);
  const byFolder = new Map<string, Model[]>();
  for (const model of models) {
    const place = `models/${model.layer}/${model.area}_${String(Math.floor(model.index / modelsAFolder)).padStart(3, "0")}`;
    files[`${place}/${model.name}.sql`] = model.sql;
    byFolder.set(place, [...(byFolder.get(place) ?? []), model]);
  }
  for (const [place, list] of byFolder) {
    const name = place.split("/").slice(1).join("__");
    files[`${place}/_${name}.yml`] = propertiesOf(list);
    files[`${place}/_${name}.md`] =
      `{% docs ${name} %}\n\nModels of ${name.replaceAll("_", " ")}. Owned by the analytics team; each row is one key of the\nsystem it comes from, and amounts are in euros.\n\n{% enddocs %}\n`;
  }
  const sources = models.flatMap(({ source }) => source ?? []);
  files["models/staging/_sources.yml"] = sourcesFile(sources);
  for (let i = 0; i < Math.ceil(count / 100); i++) {
    files[`seeds/regions_${i}.csv`] =
      "code,name,factor\nNORTH,North,1.5\nSOUTH,South,0.75\nEAST,East,1\nWEST,West,1.25\n";
  }
  const marts = models.filter(({ layer }) => layer === "marts");
  for (const [i, mart] of marts.filter((_, index) => index % 50 === 0).entries()) {
    files[`tests/amounts_${i}.sql`] =
      `select * from {{ ref('${mart.name}') }}\nwhere amount < {{ var('lowest_amount') }}\n`;
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return {
    folder,
    files: Object.keys(files).length,
    rawTables: [
      ...["raw", "main_staging", "main_intermediate", "main_marts"].map(
        (name) => `create schema if not exists ${name}`,
      ),
      ...sources.map(
        ({ table }, i) =>
          `create or replace table raw.${table} as select n as id, n % 7 as customer_id, (n * ${1 + (i % 9)}) % 900 as price_cents, ['north', 'south', 'east', 'west'][1 + n % 4] as region, timestamp '2025-01-01' + n * interval 1 hour as updated_at from range(${20 + (i % 30)}) t(n)`,
      ),
    ],
  };
}

const projectFile = `name: scale
version: "1.0"
config-version: 2
profile: scale
model-paths: [models]
seed-paths: [seeds]
macro-paths: [macros]
test-paths: [tests]
vars:
  start_date: "2025-01-01"
  lowest_amount: 0
  regions: [NORTH, SOUTH, EAST, WEST]
models:
  scale:
    +meta: {owner: analytics}
    staging:
      +materialized: view
      +tags: [staging]
      +schema: staging
    intermediate:
      +materialized: view
      +schema: intermediate
    marts:
      +materialized: table
      +tags: [marts]
      +schema: marts
seeds:
  scale:
    +column_types: {factor: double}
`;
