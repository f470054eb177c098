import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  errors: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts a script of this folder; every line that it writes is handed on as JSON. */
export function start(
  script: string,
  args: (string | number)[],
  onLine: (line: Record<string, unknown>) => void,
  env: Record<string, string> = {},
): Running {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on("line", (line) => onLine(JSON.parse(line) as Record<string, unknown>));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    // `close` comes after the last line.
    child.once("close", (code, signal) => resolve({ code, signal, errors }));
  });
  return { child, ended };
}
