import type { Template } from "./template.ts";
import { recordModels, sharedFiles } from "./shared.ts";

export const apiTemplate: Template = {
  summary: "Records of a JSON API, polled by each run as lab.yml says, then cleaned and profiled",
  files: [
    ...sharedFiles,
    ...recordModels,
    {
      path: "lab.yml",
      content: `# yaml-language-server: $schema={{lab_schema}}
# What belongs to this lab only. An editor that reads the schema above completes the keys.

# Each run polls the API and loads its records into the table raw.records.
sources:
  - name: records
    api:
      # The address of the first page, here from the environment. Or write it: https://example.com/v1/records
      url: \${API_URL}

      # Where the list of records is in the answer; without it, the answer is the list.
      # records: data.items

      # Who asks: a secret by the name of its environment variable. Also header, basic, query and oauth2.
      # auth: { type: bearer, env: API_TOKEN }

      # How the next page is found: page, offset, cursor, link (the Link header) or next (a URL in the answer).
      # pagination: { type: page, param: page, size: 100, size_param: per_page }

      # With a key: ask only for what changed since the last poll, and a little before.
      # incremental: { field: updated_at, param: updated_since, overlap: 1 hour }

    # What identifies a record. With it new versions replace old ones; without it each poll replaces the table.
    # key: id
`,
    },
    {
      path: "README.md",
      content: `# {{title}}

{{description}}

1. Say in \`lab.yml\` where the API is and how it pages; secrets stay in environment variables.
2. \`API_URL=https://... labs ingest {{lab}}\` polls it; \`labs ingest {{lab}} --dry-run\` says what would be asked.
3. \`labs run {{lab}}\` polls, too, and the models build
   - \`bronze.bronze_records\`: the records as they came, with the JSON of each in \`_raw\`,
   - \`silver.records\`: every record once,
   - \`gold.record_counts\` and \`gold.column_profile\`: what there is.
4. Put your own cleaning into \`dbt/models/silver/records.sql\` and your own figures beside \`dbt/models/gold/\`.

What an API needs beyond that (signatures, odd formats) goes into a program: \`step: { file: pipelines/records.ts }\`
in place of \`api:\`, with a generator of records as its default export.
`,
    },
  ],
};
