/**
 * The program of a step's process: imports the file that it is given, goes through what its default export yields, and
 * writes every record as a line to descriptor 3. What the step prints goes where prints go, and never among the records.
 */
import { createWriteStream, readFileSync } from "node:fs";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

const out = createWriteStream("", { fd: 3 });
// The parent is gone: nobody wants the rest.
out.on("error", () => process.exit(1));

async function write(message: object): Promise<void> {
  if (!out.write(`${JSON.stringify(message)}\n`)) await once(out, "drain");
}

async function run(file: string): Promise<void> {
  const { cursor, source } = JSON.parse(readFileSync(4, "utf8")) as { cursor: string | null; source: string };
  const step = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (typeof step.default !== "function") {
    throw new Error("it has no default export that is a function: `export default async function* ({ cursor }) { … }`");
  }
  const records: unknown = await (step.default as (context: object) => unknown)({
    cursor,
    source,
    env: process.env,
  });
  if (records === null || typeof records !== "object" || !isIterable(records)) {
    throw new Error(
      "its default export returns nothing to go through; it must be a generator (`function*`) or return a list",
    );
  }
  let count = 0;
  for await (const record of records) {
    const text: string | undefined = JSON.stringify(record);
    if (text === undefined) throw new Error(`record ${count + 1} is ${typeof record}, which JSON cannot hold`);
    await write({ r: text });
    count++;
  }
  await write({ end: count });
}

const isIterable = (value: object): value is AsyncIterable<unknown> | Iterable<unknown> =>
  Symbol.asyncIterator in value || Symbol.iterator in value;

try {
  await run(process.argv[2] ?? "");
} catch (error) {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  await write({ error: message, ...(stack !== undefined && { stack }) });
  process.exitCode = 1;
}
// A step may have left a connection open; its records are what counts.
out.end(() => process.exit());
