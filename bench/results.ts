import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "RESULTS.md");
const parts = ["lab", "scale", "changed", "ingest", "orchestrate", "airflow", "quality", "server", "ui"] as const;
export type Part = (typeof parts)[number];

const begin = (part: Part): string => `<!-- ${part} -->`;
const end = (part: Part): string => `<!-- end of ${part} -->`;

/** Replaces one measurement's part of RESULTS.md and keeps the others. */
export function writePart(part: Part, text: string): void {
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  const kept = (name: Part): string => {
    const [, after] = old.split(`${begin(name)}\n`);
    return after?.split(`\n${end(name)}`)[0] ?? "";
  };
  const body = parts
    .map((name) => [name, name === part ? text.trim() : kept(name)] as const)
    .filter(([, content]) => content !== "")
    .map(([name, content]) => `${begin(name)}\n${content}\n${end(name)}\n`);
  const head =
    "# Measurements\n\nMedians of commands run in turn. Compare within a table only; machines differ.\n`npm run bench` writes the first part, `npm run bench -- scale` the one on large projects, `npm run bench -- ingest` the one on files.\n";
  writeFileSync(file, [head, ...body].join("\n"));
}
