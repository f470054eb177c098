/**
 * The program of a step's process. `records`: imports the file that it is given, goes through what its default export
 * yields, and writes every record as a line to descriptor 3; what the step prints goes where prints go, and never among
 * the records. `task`: the file is the step, and its default export is called when it is a function.
 */
import { createWriteStream, readFileSync, type WriteStream } from "node:fs";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

async function write(out: WriteStream, message: object): Promise<void> {
  if (!out.write(`${JSON.stringify(message)}\n`)) await once(out, "drain");
}

async function yieldRecords(file: string, out: WriteStream): Promise<void> {
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
    await write(out, { r: text });
    count++;
  }
  await write(out, { end: count });
}

const isIterable = (value: object): value is AsyncIterable<unknown> | Iterable<unknown> =>
  Symbol.asyncIterator in value || Symbol.iterator in value;

async function records(file: string): Promise<void> {
  const out = createWriteStream("", { fd: 3 });
  // The parent is gone: nobody wants the rest.
  out.on("error", () => process.exit(1));
  try {
    await yieldRecords(file, out);
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    await write(out, { error: message, ...(stack !== undefined && { stack }) });
    process.exitCode = 1;
  }
  // A step may have left a connection open; its records are what counts.
  out.end(() => process.exit());
}

async function task(file: string): Promise<void> {
  const step = (await import(pathToFileURL(file).href)) as { default?: unknown };
  if (typeof step.default !== "function") return;
  const { LABS_LAB: lab, LABS_STEP: name, LABS_RUN_ID: runId, LABS_DATABASE: database } = process.env;
  await (step.default as (context: object) => unknown)({
    lab,
    step: name,
    runId,
    database,
    attempt: Number(process.env["LABS_ATTEMPT"]),
    env: process.env,
  });
  // As above: what it left open must not keep it. What it printed must be out first.
  setTimeout(() => process.exit(), 100).unref();
}

const [, , file = "", kind = "records"] = process.argv;
await (kind === "task" ? task(file) : records(file));
