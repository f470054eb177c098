import type { Template } from "./template.ts";
import { recordModels, sharedFiles } from "./shared.ts";

export const csvTemplate: Template = {
  summary: "CSV files dropped into data/raw, cleaned, counted and profiled; works with any columns",
  files: [
    ...sharedFiles,
    ...recordModels,
    {
      path: "lab.yml",
      content: `# yaml-language-server: $schema={{lab_schema}}
# What belongs to this lab only. An editor that reads the schema above completes the keys.

# Every CSV file in data/raw becomes rows of the table raw.records.
# Files of different kinds need a source each: a name and a pattern of their own. \`labs ingest {{lab}} --propose\` prints
# columns, types and a key for them; modes besides append are replace, merge (by \`key:\`) and snapshot.
sources:
  - name: records
    path: "*.csv"
    mode: append
`,
    },
    {
      path: "README.md",
      content: `# {{title}}

{{description}}

1. Drop a CSV file into \`data/raw/\`.
2. \`labs run {{lab}}\`: the file is loaded into \`raw.records\`, and the models build
   - \`bronze.bronze_records\`: the rows as they came,
   - \`silver.records\`: every row once,
   - \`gold.record_counts\` and \`gold.column_profile\`: what there is.
3. Put your own cleaning into \`dbt/models/silver/records.sql\` and your own figures beside \`dbt/models/gold/\`.
`,
    },
  ],
};
