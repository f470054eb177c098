import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { SourceConfig, StepConfig } from "#registry/index.ts";
import type { PollEffects } from "../api/effects.ts";
import type { Secrets } from "../api/secrets.ts";
import { ingestErrors } from "../errors.ts";
import type { RecordSpool } from "../records/spool.ts";
import { childEnvironment, GroupedProcess, nodeWords } from "./child-process.ts";

export interface RunStepOptions {
  source: SourceConfig;
  step: StepConfig;
  /** What `incremental` asks from. */
  from: string | undefined;
  spool: RecordSpool;
  secrets: Secrets;
  effects: PollEffects;
  signal?: AbortSignal;
}

/** What the child tells, one JSON text a line: a record, the end, or an error. */
type Message = { r: string } | { end: number } | { error: string; stack?: string };

/** Lines of the step's own output that an error shows. */
const lastLines = 20;

/**
 * Runs a step in a process of its own and takes its records. Only when it has ended well, and as many records came as it
 * counted, is anything loaded. Errors: ING-040, ING-047 to ING-049.
 */
export async function runStep(options: RunStepOptions): Promise<void> {
  const { source, step, from, spool, secrets, effects, signal } = options;
  const lab = dirname(source.place.file);
  const file = resolve(lab, step.file);
  if (!existsSync(file)) {
    throw failed(options, `there is no file ${file}`, "Correct `file`, which is relative to the lab's folder.");
  }
  const declared = Object.fromEntries(step.env.map((name) => [name, secrets.need(name, source)]));
  const child = new GroupedProcess(nodeWords("records", file), {
    cwd: lab,
    env: childEnvironment(effects.env, declared),
    extraPipes: 2,
  });
  const said: string[] = [];
  const listen = (stream: Readable) => {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said.push(...text.split("\n").filter((line) => line.trim() !== ""));
      said.splice(0, Math.max(0, said.length - lastLines));
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  let stalled = false;
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      kill();
    }, step.timeoutMs);
  };
  try {
    alive();
    const context = child.pipe(4);
    context.on("error", () => {});
    context.end(JSON.stringify({ cursor: from ?? null, source: source.name }));
    await spool.beginPage();
    const counted = await take(options, child.pipe(3), alive);
    const { how } = await child.ended;
    signal?.throwIfAborted();
    if (stalled)
      throw failed(
        options,
        `no record came for ${step.timeoutMs / 1000} s`,
        "Raise `timeout`, or find out what it waits for.",
      );
    if (counted === undefined || how !== "") {
      const last = said.length > 0 ? ` Its last words: ${said.join(" | ")}` : "";
      throw failed(options, `${how || "it ended before it was done"}.${last}`, "Correct the step; nothing was loaded.");
    }
    const { records } = spool.endPage();
    if (records !== counted)
      throw failed(options, `${counted} records were sent and ${records} arrived`, "Report this.");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    kill();
    await child.ended;
  }
}

/** Takes the child's records; returns how many it says there were, or undefined when it ended without saying so. */
async function take(options: RunStepOptions, stream: Readable, alive: () => void): Promise<number | undefined> {
  const { spool, secrets } = options;
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    alive();
    const message = parsed(line);
    if (message === undefined) return undefined;
    if ("end" in message) return message.end;
    if ("error" in message)
      throw failed(options, message.error, "Correct the step; nothing was loaded.", message.stack);
    spool.count(message.r.length);
    spool.add(secrets.redactData(message.r));
    if (spool.full) {
      await spool.flush();
      alive();
    }
  }
  return undefined;
}

/** A killed child leaves half a line. */
function parsed(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}

function failed({ source, step, secrets }: RunStepOptions, why: string, hint: string, stack?: string) {
  return ingestErrors.stepFailed({
    message: secrets.redact(`The step ${step.file} of ${source.name} failed: ${why.replace(/\.$/, "")}.`),
    place: step.places.file,
    hint,
    data: { source: source.name, ...(stack !== undefined && { stack: secrets.redact(stack) }) },
  });
}
