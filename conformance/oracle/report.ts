import { existsSync, readFileSync, writeFileSync } from "node:fs";

export interface Row {
  name: string;
  repository: string;
  commit: string;
  expected: string;
  passed: number;
  failed: number;
  note: string;
  seconds?: number;
}

const [start, end] = ["<!-- corpus -->", "<!-- /corpus -->"];

/** Replaces the corpus table in RESULTS.md; the rest of the file stays. */
export function writeTable(file: string, rows: Row[], live: boolean): void {
  const text = existsSync(file) ? readFileSync(file, "utf8") : `# Results\n\n${start}\n${end}\n`;
  const table = [
    `Compared with dbt's recorded results${live ? " and with dbt run beside" : ""}: statuses and failures by node, and the type, columns, rows and content of every relation.`,
    "",
    "| project | commit | what dbt does | passed | failed | ours, seconds | |",
    "|---|---|---|---:|---:|---:|---|",
    ...rows.map(
      (r) =>
        `| ${r.name} (${r.repository}) | ${r.commit} | ${r.expected} | ${r.passed} | ${r.failed} | ${r.seconds?.toFixed(1) ?? ""} | ${r.note} |`,
    ),
    "",
  ].join("\n");
  const [before, after] = [text.split(start)[0] ?? "", text.split(end)[1] ?? ""];
  writeFileSync(file, `${before}${start}\n${table}${end}${after}`);
}
