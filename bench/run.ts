/**
 * `npm run bench [-- part]`: measures side by side and writes its part of bench/RESULTS.md. Without a part: a lab's run
 * beside dbt's, which needs the judges' Python (`npm run judge:setup`).
 */
const parts: Record<string, () => Promise<(words: string[]) => Promise<void>>> = {
  lab: async () => (await import("./lab/run.ts")).labRun,
  scale: async () => (await import("./scale/run.ts")).scale,
  ingest: async () => (await import("./ingest/run.ts")).ingest,
  quality: async () => (await import("./quality/run.ts")).quality,
  orchestrate: async () => (await import("./orchestrate/run.ts")).orchestrate,
  airflow: async () => (await import("./orchestrate/airflow.ts")).airflow,
  server: async () => (await import("./server/run.ts")).server,
  ui: async () => (await import("./ui/run.ts")).ui,
};

const [first = "lab", ...rest] = process.argv.slice(2);
const words = first.startsWith("-") ? [first, ...rest] : rest;
const part = parts[first.startsWith("-") ? "lab" : first];
if (!part) {
  process.stderr.write(`There is no part ${first}; there are ${Object.keys(parts).join(", ")}.\n`);
  process.exit(2);
}
await (await part())(words);
process.exit();
