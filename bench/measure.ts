import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of a whole process, in seconds. CPU is user and system time, children included. */
export interface Sample {
  wall: number;
  cpu: number;
  /** The most memory that a process of the command held, in MB. */
  memory?: number;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and measures it from outside. Throws when it fails: a failed command has no speed. */
export function once(command: string[], options: CommandOptions = {}): Sample {
  const times = join(tmpdir(), `bench-${process.pid}.times`);
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" >/dev/null 2>"$0.err"; } 2>"$0"`;
  const { status, error } = spawnSync("bash", ["-c", script, times, ...command], { ...options, stdio: "ignore" });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command.join(" ")} ended with ${status}: ${readFileSync(`${times}.err`, "utf8").slice(-800)}`);
  const [wall = 0, user = 0, system = 0] =
    readFileSync(times, "utf8").trim().split("\n").pop()?.split(" ").map(Number) ?? [];
  for (const file of [times, `${times}.err`]) rmSync(file, { force: true });
  return { wall, cpu: user + system };
}

/**
 * Medians over `rounds` of several commands in turn (A B C A B C …), so that a machine that slows down hits all alike.
 * With several rounds the first one only warms caches and is not counted.
 */
export function sideBySide(commands: Record<string, () => Sample>, rounds: number): Record<string, Sample> {
  const samples: Record<string, Sample[]> = {};
  for (let round = rounds > 1 ? -1 : 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(commands)) {
      const sample = run();
      if (round >= 0) (samples[name] ??= []).push(sample);
    }
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [
      name,
      {
        wall: median(list.map((s) => s.wall)),
        cpu: median(list.map((s) => s.cpu)),
        ...(list.every((s) => s.memory !== undefined) && { memory: median(list.map((s) => s.memory ?? 0)) }),
      },
    ]),
  );
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
