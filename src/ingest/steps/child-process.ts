import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Variables that programs need and that hold no secret; everything else must be declared under `env`. */
const harmless =
  "PATH HOME USER LOGNAME TMPDIR TEMP TMP LANG LC_ALL TZ NODE_EXTRA_CA_CERTS SSL_CERT_FILE SYSTEMROOT".split(" ");

/** The environment of a child: what every program needs, and what is given. */
export function childEnvironment(env: NodeJS.ProcessEnv, given: Record<string, string>): Record<string, string> {
  return { ...Object.fromEntries(harmless.flatMap((name) => (env[name] ? [[name, env[name]]] : []))), ...given };
}

/** Words that run a file of a lab under Node: records of a source (`records`), or a step of a run (`task`). */
export function nodeWords(kind: "records" | "task", file: string): string[] {
  return [process.execPath, ...typeStripping(), runner(), file, kind];
}

/** The program that runs a step: beside this file in the sources, beside the bundle in the package. */
function runner(): string {
  const packed = join(import.meta.dirname, "step-runner.js");
  return existsSync(packed) ? packed : join(import.meta.dirname, "step-runner.ts");
}

/** Before 22.18 Node runs TypeScript only when it is told to. */
function typeStripping(): string[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const quiet = "--disable-warning=ExperimentalWarning";
  return major === 22 && minor < 18 ? ["--experimental-strip-types", quiet] : [quiet];
}

export interface ChildOptions {
  cwd: string;
  env: Record<string, string>;
  /** Pipes from descriptor 3 on. */
  extraPipes?: number;
}

/** Longest wait for what a process that has ended still had to say. */
const drainMilliseconds = 2000;

const grouped = process.platform !== "win32";

/**
 * A child process with everything that it starts: a process group of its own, that ends with it, when it is stopped, and
 * when this process dies in any way, kill -9 included.
 *
 * For the latter the group holds a shell that waits for the end of a pipe from here and then kills the group. It is there
 * before the program starts, so nothing can slip through; it is nobody's child, so a program that waits for all its
 * children does not wait for it. Only what leaves the group by itself (a daemon) is out of reach.
 */
export class GroupedProcess {
  readonly #child: ChildProcess;
  /** Empty when it ended well, else how it ended: `ended with code 3`, `was ended by SIGKILL`, or why it did not start. */
  readonly ended: Promise<{ how: string; code: number | null }>;

  constructor(words: readonly string[], { cwd, env, extraPipes = 0 }: ChildOptions) {
    const pipes = Array.from({ length: extraPipes }, (): "pipe" => "pipe");
    const [program = "", ...rest] = grouped ? ["/bin/sh", "-c", guarded(extraPipes), "sh", ...words] : words;
    this.#child = spawn(program, rest, {
      cwd,
      env,
      detached: grouped,
      stdio: ["ignore", "pipe", "pipe", ...pipes, ...(grouped ? ["pipe" as const] : [])],
      windowsHide: true,
    });
    const lifeline = this.#child.stdio[3 + extraPipes] as Writable | undefined;
    lifeline?.on("error", () => {});
    this.ended = new Promise((done) => {
      this.#child.on("error", (error) => done({ how: error.message, code: null }));
      this.#child.on("exit", (code, signal) => {
        // What it left behind ends with it.
        this.kill("SIGKILL");
        lifeline?.destroy();
        const how = signal ? `was ended by ${signal}` : code === 0 ? "" : `ended with code ${code ?? "unknown"}`;
        void this.#drained().then(() => done({ how, code }));
      });
    });
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  get stderr(): Readable {
    return this.#child.stderr as Readable;
  }

  /** A pipe by its descriptor, from 3 on. */
  pipe(descriptor: number): Readable & Writable {
    return this.#child.stdio[descriptor] as Readable & Writable;
  }

  /** Sends a signal to the process and everything that it started. */
  kill(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (grouped) process.kill(-pid, signal);
      else spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" });
    } catch {
      // Nobody is left.
    }
  }

  /** Asks it to end, and ends it when it has not done so in time. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), graceMilliseconds);
    await this.ended;
    clearTimeout(timer);
  }

  /** A daemon that left the group may hold the pipes for ever. */
  async #drained(): Promise<void> {
    const streams = [this.stdout, this.stderr];
    const closed = Promise.all(
      streams.map((stream) => stream.destroyed || new Promise<void>((done) => void stream.once("close", done))),
    );
    const waiting = new AbortController();
    await Promise.race([closed, sleep(drainMilliseconds, undefined, { signal: waiting.signal }).catch(() => {})]);
    waiting.abort();
    for (const stream of streams) stream.destroy();
  }
}

/** Starts `$@` in a group with a shell that kills it when the descriptor behind the extra ones comes to its end. */
function guarded(extraPipes: number): string {
  const line = 3 + extraPipes;
  // The shell must not hold the program's pipes: their end is how the reader sees that the program is done.
  const others = Array.from({ length: extraPipes }, (_, i) => `${3 + i}>&-`).join(" ");
  const guard = `trap "" TERM INT HUP; read -r _; kill -KILL 0`;
  return `((${guard}) <&${line} ${line}<&- ${others} >/dev/null 2>&1 &); exec ${line}<&-; exec "$@"`;
}
