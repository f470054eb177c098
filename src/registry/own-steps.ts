import type { Place } from "#errors/index.ts";
import { durationMs } from "./records-config.ts";
import { type OwnStepEntry, type Stage, stages } from "./schemas/own-step.ts";

/** What an own step does. */
export type OwnStepAction =
  | { kind: "command"; words: string[] }
  | { kind: "shell"; line: string }
  | { kind: "script"; file: string }
  | { kind: "sql"; text: string }
  | { kind: "sql-file"; file: string };

/** An own step with its defaults filled in. Paths are relative to the lab's folder. */
export interface OwnStep {
  name: string;
  action: OwnStepAction;
  inputs: string[];
  outputs: string[];
  timeoutMs: number;
  retries: number;
  /** Before the first retry; doubles. */
  retryWaitMs: number;
  /** Names of environment variables. */
  env: string[];
  when: "on_success" | "on_failure" | "always";
  required: boolean;
  /** The lab's database is closed while it runs. */
  exclusive: boolean;
  place: Place;
}

/** A step of a lab's run, in order: a stage of every lab, or one of its own. */
export type RunStep = { name: Stage; own?: never } | { name: string; own: OwnStep };

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** An entry that has passed the schema and `ownStepProblems`. */
export function ownStepOf(entry: OwnStepEntry, place: Place): OwnStep {
  return {
    name: entry.name,
    action: actionOf(entry),
    inputs: list(entry.inputs),
    outputs: list(entry.outputs),
    timeoutMs: durationMs(entry.timeout ?? "1 hour") ?? 3_600_000,
    retries: entry.retries ?? 0,
    retryWaitMs: durationMs(entry.retry_wait ?? "10 seconds") ?? 10_000,
    env: entry.env ?? [],
    when: entry.when ?? "on_success",
    required: entry.required ?? true,
    exclusive: entry.database === "exclusive",
    place,
  };
}

function actionOf({ command, script, sql = "" }: OwnStepEntry): OwnStepAction {
  if (Array.isArray(command)) return { kind: "command", words: command };
  if (command !== undefined) return { kind: "shell", line: command };
  if (script !== undefined) return { kind: "script", file: script };
  return isSqlFile(sql) ? { kind: "sql-file", file: sql } : { kind: "sql", text: sql };
}

/** No statement of SQL is a single word that ends in `.sql`. */
const isSqlFile = (sql: string): boolean => /^\S+\.sql$/i.test(sql.trim());

interface Anchored {
  name: string;
  before?: string;
  after?: string;
}

/**
 * All steps in the order they run: the stages, and the own steps around what they name. Steps at the same place keep the
 * order of the file. Steps that cannot be reached from a stage (a circle) are left out.
 */
export function inRunOrder(entries: readonly Anchored[]): string[] {
  const around = (name: string): string[] => [
    ...entries.filter((entry) => entry.before === name).flatMap((entry) => around(entry.name)),
    name,
    ...entries.filter((entry) => entry.before === undefined && entry.after === name).flatMap((e) => around(e.name)),
  ];
  return stages.flatMap(around);
}

/** The steps of a lab's run. */
export function runStepsOf(entries: readonly OwnStepEntry[], place: (index: number) => Place): RunStep[] {
  if (entries.length === 0) return stages.map((name) => ({ name }));
  const own = new Map(entries.map((entry, i) => [entry.name, ownStepOf(entry, place(i))]));
  return inRunOrder(entries).map((name): RunStep => {
    const step = own.get(name);
    return step ? { name, own: step } : { name: name as Stage };
  });
}
