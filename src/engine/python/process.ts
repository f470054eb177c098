import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

export interface ProcessOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** A line that the process wrote. */
  onLine(line: string): void;
}

/** How a process ended: its exit code, or the signal that ended it. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const running = new Map<ChildProcess, string>();
let watching = false;

/**
 * Runs a program that works in `folder` and whose standard input closes when this process dies. It and what it started are
 * killed when `signal` aborts or this process exits; the folder goes then, too. Errors: those of starting a program.
 */
export function runProcess(program: string, args: string[], folder: string, options: ProcessOptions): Promise<Ended> {
  if (!watching) process.on("exit", killAll);
  watching = true;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own, so that all of it can be killed.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    running.set(child, folder);
    const abort = () => kill(child);
    options.signal.addEventListener("abort", abort, { once: true });
    if (options.signal.aborted) abort();
    for (const stream of ["stdout", "stderr"] as const)
      createInterface({ input: child[stream] }).on("line", (line) => options.onLine(line));
    child.stdin.on("error", () => {});
    // What it left running would keep the pipes open.
    child.on("exit", () => kill(child));
    child.on("error", (error) => {
      running.delete(child);
      reject(error);
    });
    child.on("close", (code, signal) => {
      options.signal.removeEventListener("abort", abort);
      running.delete(child);
      resolve({ code, signal });
    });
  });
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // nothing of it is left
  }
}

function killAll(): void {
  for (const [child, folder] of running) {
    kill(child);
    rmSync(folder, { recursive: true, force: true });
  }
}
