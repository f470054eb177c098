import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { childEnvironment, GroupedProcess, nodeWords, Secrets } from "#ingest/index.ts";
import { stepErrors } from "./errors.ts";
import { eachLine } from "./lines.ts";
import type { StepFacts, StepHost, StepResult } from "./types.ts";

/** Lines that are told of one attempt; the last ones are kept for the error in any case. */
const mostLines = 2000;
const lastLines = 20;
/** What a step gets to end by itself after it was asked to. */
const graceMilliseconds = 5000;

/**
 * Runs a step's command or script in a process group of its own, in the lab's folder, until it has ended.
 * Errors: STEP-001 to STEP-004, STEP-007; the signal's reason when the run was cancelled.
 */
export async function runCommandStep(facts: StepFacts, host: StepHost): Promise<StepResult> {
  const { lab, step } = facts;
  const secrets = new Secrets(host.env);
  const env = childEnvironment(host.env, { ...factsAsVariables(facts), ...declared(facts, host.env, secrets) });
  const words = wordsOf(facts, env["PATH"] ?? "");
  host.signal?.throwIfAborted();
  const child = new GroupedProcess(words, { cwd: lab.paths.root, env });
  const said: string[] = [];
  let count = 0;
  const listen = (stream: "out" | "err") => (line: string) => {
    const text = secrets.redact(line);
    if (text.trim() !== "") said.push(text);
    if (said.length > lastLines) said.shift();
    count++;
    if (count <= mostLines) host.onLine(text, stream);
    else if (count === mostLines + 1) host.onLine(`… more than ${mostLines} lines: the rest is not shown`, stream);
  };
  eachLine(child.stdout, listen("out"));
  eachLine(child.stderr, listen("err"));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void child.stop(graceMilliseconds);
  }, step.timeoutMs);
  const abort = () => void child.stop(graceMilliseconds);
  host.signal?.addEventListener("abort", abort, { once: true });
  const { how, code } = await child.ended;
  clearTimeout(timer);
  host.signal?.removeEventListener("abort", abort);
  host.signal?.throwIfAborted();
  const data = { step: step.name, ...(code !== null && { exitCode: code }), lines: said };
  const words5 = said.slice(-5);
  const last = words5.length === 0 ? "" : ` Its last ${words5.length === 1 ? "line" : "lines"}:\n${words5.join("\n")}`;
  if (late) {
    throw stepErrors.timedOut({
      message: `The step ${step.name} was stopped after ${step.timeoutMs / 1000} s.${last}`,
      place: step.place,
      hint: "Find out what it waits for, or raise `timeout`.",
      data,
    });
  }
  if (how !== "") {
    throw stepErrors.failed({
      message: `The step ${step.name} ${how}.${last}`,
      place: step.place,
      hint: `Correct it and run again; \`labs run ${lab.name} --step ${step.name}\` runs it alone.`,
      data,
    });
  }
  return {};
}

/** What a step may know of the run, as environment variables. */
function factsAsVariables({ workspace, lab, step, runId, attempt, runStatus }: StepFacts): Record<string, string> {
  return {
    LABS_WORKSPACE: workspace.root,
    LABS_LAB: lab.name,
    LABS_RUN_ID: runId,
    LABS_RUN_STATUS: runStatus,
    LABS_STEP: step.name,
    LABS_ATTEMPT: String(attempt),
    LABS_DATABASE: lab.paths.database,
    LABS_PROJECT: lab.paths.dbtProject,
    LABS_RAW: lab.paths.raw,
  };
}

/** The variables that the step names. Their values, and those of the lab's secrets, are not to be seen anywhere. */
function declared({ lab, step }: StepFacts, env: NodeJS.ProcessEnv, secrets: Secrets): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of step.env) {
    const value = env[name];
    if (value === undefined || value === "") {
      throw stepErrors.variableMissing({
        message: `The step ${step.name} needs the environment variable ${name}, which is not set.`,
        place: step.place,
        hint: `\`export ${name}=…\` before the run, or put it where your scheduler takes its environment from.`,
        data: { step: step.name, variable: name },
      });
    }
    given[name] = value;
  }
  for (const value of [...Object.values(given), ...lab.config.secrets.map((name) => env[name] ?? "")]) {
    // Output comes line by line: of a key of many lines each must be known.
    // One letter would be starred out of every word.
    for (const part of [value, value.trim(), ...value.split(/\r?\n/).filter((line) => line.length >= 8)])
      if (part.length > 2) secrets.remember(part);
  }
  return given;
}

function wordsOf({ lab, step }: StepFacts, path: string): string[] {
  const { action } = step;
  if (action.kind === "script") {
    const file = resolve(lab.paths.root, action.file);
    if (!existsSync(file)) {
      throw stepErrors.fileMissing({
        message: `The script of the step ${step.name} does not exist: ${action.file}.`,
        place: step.place,
        hint: "Correct `script`, which is relative to the lab's folder.",
        data: { step: step.name, file },
      });
    }
    return nodeWords("task", file);
  }
  if (action.kind === "command") {
    const [program = ""] = action.words;
    if (!isProgram(program, lab.paths.root, path)) {
      throw stepErrors.commandMissing({
        message: `The step ${step.name} runs ${program}, which is no program here.`,
        place: step.place,
        hint: /[|&;<>$*\s]/.test(action.words.join(""))
          ? "For the shell's notation write the command as one line, without brackets."
          : "Install it, correct the name, or write its whole path.",
        data: { step: step.name, program },
      });
    }
    return action.words;
  }
  if (action.kind === "shell") {
    return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", action.line] : ["/bin/sh", "-c", action.line];
  }
  return [];
}

/** Whether the system would find a program by this name. */
function isProgram(name: string, folder: string, path: string): boolean {
  const mayRun = (file: string): boolean => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  };
  if (isAbsolute(name) || name.includes("/")) return mayRun(resolve(folder, name));
  const endings = process.platform === "win32" ? ["", ".exe", ".cmd", ".bat", ".com"] : [""];
  return path.split(delimiter).some((one) => endings.some((ending) => mayRun(join(one, name + ending))));
}
