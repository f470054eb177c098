import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { interruptOnAbort } from "#duck/index.ts";
import { inFolder, writtenFiles } from "#engine/index.ts";
import { errorToJson } from "#errors/index.ts";
import { stepErrors } from "./errors.ts";
import type { StepFacts, StepHost, StepResult } from "./types.ts";

/**
 * Runs a step's SQL on the lab's own database, in one transaction. Relative paths mean the lab's folder.
 * Errors: STEP-002, STEP-003, STEP-006, and REG-013 when it would write to another lab's database.
 */
export async function runSqlStep(facts: StepFacts, host: StepHost): Promise<StepResult> {
  const { lab, step } = facts;
  const sql = textOf(facts);
  for (const file of writtenFiles(sql)) host.database.guard(resolve(lab.paths.root, file));
  const database = await host.database.open();
  const connection = await database.connect();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), step.timeoutMs);
  const signal = host.signal ? AbortSignal.any([host.signal, late.signal]) : late.signal;
  const done = interruptOnAbort(connection, signal);
  const writes = !onlyReads(sql);
  try {
    return await inFolder(lab.paths.root, async () => {
      await connection.run("BEGIN");
      try {
        const rows = await connection.runAll(sql);
        signal.throwIfAborted();
        // Whatever it was, from now on it may be there.
        if (writes) host.database.wroteAnything();
        await connection.run("COMMIT");
        return writes ? { rows } : {};
      } catch (error) {
        // One that failed on its own may have ended the transaction.
        done();
        await connection.run("ROLLBACK").catch(() => {});
        throw error;
      }
    });
  } catch (error) {
    host.signal?.throwIfAborted();
    if (late.signal.aborted) {
      throw stepErrors.timedOut({
        message: `The SQL of the step ${step.name} was stopped after ${step.timeoutMs / 1000} s and rolled back.`,
        place: step.place,
        hint: "Make it faster, or raise `timeout`.",
        data: { step: step.name },
        cause: error,
      });
    }
    const { message } = errorToJson(error);
    throw stepErrors.sqlFailed({
      message: `The SQL of the step ${step.name} failed: ${message}`,
      place: step.place,
      hint: "Correct the SQL; it was rolled back and changed nothing.",
      data: { step: step.name, sql },
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    done();
    await connection.close();
  }
}

function textOf({ lab, step }: StepFacts): string {
  const { action } = step;
  if (action.kind === "sql") return action.text;
  const file = resolve(lab.paths.root, action.kind === "sql-file" ? action.file : "");
  if (existsSync(file)) return readFileSync(file, "utf8");
  throw stepErrors.fileMissing({
    message: `The SQL file of the step ${step.name} does not exist: ${file}.`,
    place: step.place,
    hint: "Correct `sql`, which is relative to the lab's folder.",
    data: { step: step.name, file },
  });
}

const reading = /^(select|with|from|values|describe|summarize|show|explain|copy\s+(\(|\S+\s+to\b))/i;
const writing = /\b(insert|update|delete|merge|create|drop|alter|truncate|nextval|call|execute|attach|import)\b/i;

/** Whether no statement of a text can change the database, as far as its words tell; what is unclear counts as writing. */
export function onlyReads(sql: string): boolean {
  // In $$…$$ a quote is no quote.
  if (/\$\w*\$/.test(sql)) return false;
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g, (match) =>
    /^['"]/.test(match) ? "x" : " ",
  );
  const statements = bare.split(";").map((statement) => statement.trim());
  return statements.every((statement) => statement === "" || (reading.test(statement) && !writing.test(statement)));
}
