/** `node conformance/jinja/run.ts <cases.json>`: renders every case and compares it with what real Jinja made of it. */
import { readFileSync } from "node:fs";
import { type Case, describe, matches, renderCase } from "./cases.ts";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node conformance/jinja/run.ts <cases.json>");
  process.exit(2);
}
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];
let passed = 0;
for (const item of cases) {
  const outcome = await renderCase(item);
  if (matches(item, outcome)) passed++;
  else {
    console.log(
      `case ${item.id}: ${JSON.stringify(item.template)}${item.macros ? ` with macros ${JSON.stringify(item.macros)}` : ""}`,
    );
    console.log(`  wanted ${item.error ?? JSON.stringify(item.expected)}\n  got    ${describe(outcome)}`);
  }
}
console.log(`${passed} passed, ${cases.length - passed} failed`);
process.exit(passed === cases.length ? 0 : 1);
