import type { Template } from "./template.ts";
import { sharedFiles } from "./shared.ts";

export const emptyTemplate: Template = {
  summary: "A dbt project with bronze, silver and gold folders and nothing in them",
  files: [
    ...sharedFiles,
    {
      path: "lab.yml",
      content: `# yaml-language-server: $schema={{lab_schema}}
# What belongs to this lab only. An editor that reads the schema above completes the keys.

# Which files fill which table of the schema \`raw\`:
# sources:
#   - name: orders
#     path: "orders_*.csv"
#     key: order_id
sources: []
`,
    },
    { path: "dbt/models/bronze/.gitkeep", content: "" },
    { path: "dbt/models/silver/.gitkeep", content: "" },
    { path: "dbt/models/gold/.gitkeep", content: "" },
    { path: "dbt/tests/.gitkeep", content: "" },
    {
      path: "README.md",
      content: `# {{title}}

{{description}}

1. Drop files into \`data/raw/\` and declare them under \`sources:\` in \`lab.yml\`.
2. Write models in \`dbt/models/bronze\` (as they came), \`silver\` (clean) and \`gold\` (what people read).
3. \`labs run {{lab}}\`
`,
    },
  ],
};
