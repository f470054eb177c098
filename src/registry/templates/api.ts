import type { Template } from "./template.ts";
import { recordModels, sharedFiles } from "./shared.ts";

export const apiTemplate: Template = {
  summary: "Records fetched from a JSON API by a small script, then loaded, cleaned and profiled",
  files: [
    ...sharedFiles,
    ...recordModels,
    {
      path: "lab.yml",
      content: `# yaml-language-server: $schema={{lab_schema}}
# What belongs to this lab only. An editor that reads the schema above completes the keys.

# pipelines/fetch.mjs writes data/raw/records.csv; each fetch replaces the table raw.records.
sources:
  - name: records
    path: records.csv
    mode: replace
`,
    },
    {
      path: "pipelines/fetch.mjs",
      content: `// Fetches every page of a JSON API and writes data/raw/records.csv in one step.
//   API_URL=https://example.com/v1/records node pipelines/fetch.mjs
// API_TOKEN   sent as a bearer token when set
// API_RECORDS where the records are in the answer, such as data.items; default: the answer itself
// The next page is taken from the Link header or from \`next\` in the answer.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { API_URL, API_TOKEN, API_RECORDS = "" } = process.env;
if (!API_URL) {
  console.error("Set API_URL to the address of the first page.");
  process.exit(2);
}

async function get(url, attempt = 1) {
  const headers = { accept: "application/json", ...(API_TOKEN && { authorization: \`Bearer \${API_TOKEN}\` }) };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) }).catch((error) => {
    if (attempt >= 5) throw error;
    return undefined;
  });
  if (answer?.ok) return answer;
  const passing = !answer || answer.status === 429 || answer.status >= 500;
  if (!passing || attempt >= 5) throw new Error(\`\${new URL(url).pathname} answered \${answer?.status}\`);
  const asked = Number(answer?.headers.get("retry-after"));
  await new Promise((resolve) => setTimeout(resolve, asked > 0 ? asked * 1000 : 250 * 2 ** attempt));
  return get(url, attempt + 1);
}

const records = [];
const seen = new Set();
for (let url = API_URL; url && !seen.has(url); ) {
  seen.add(url);
  const answer = await get(url);
  const body = await answer.json();
  const page = API_RECORDS.split(".").filter(Boolean).reduce((value, key) => value?.[key], body);
  if (!Array.isArray(page)) throw new Error("The answer has no list of records there; set API_RECORDS.");
  records.push(...page);
  const link = /<([^>]+)>\\s*;[^,]*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
  const next = link ?? (typeof body.next === "string" ? body.next : undefined);
  url = next && new URL(next, url).href;
}

const columns = [...new Set(records.flatMap(Object.keys))];
const cell = (value) => {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return \`"\${text.replaceAll('"', '""')}"\`;
};
const lines = [columns, ...records.map((record) => columns.map((name) => record[name]))];
const folder = fileURLToPath(new URL("../data/raw/", import.meta.url));
await mkdir(folder, { recursive: true });
// Renamed when complete, so that a run never loads half a file.
await writeFile(join(folder, "records.csv.part"), lines.map((line) => \`\${line.map(cell).join(",")}\\n\`).join(""));
await rename(join(folder, "records.csv.part"), join(folder, "records.csv"));
console.log(\`\${records.length} records in data/raw/records.csv\`);
`,
    },
    {
      path: "README.md",
      content: `# {{title}}

{{description}}

1. \`API_URL=https://... node pipelines/fetch.mjs\` fetches every page into \`data/raw/records.csv\`
   (a token goes into the environment variable \`API_TOKEN\`, never into a file).
2. \`labs run {{lab}}\`: the records replace \`raw.records\`, and the models build
   - \`bronze.bronze_records\`: the records as they came,
   - \`silver.records\`: every record once,
   - \`gold.record_counts\` and \`gold.column_profile\`: what there is.
3. Put your own cleaning into \`dbt/models/silver/records.sql\` and your own figures beside \`dbt/models/gold/\`.
`,
    },
  ],
};
