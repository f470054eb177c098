import { spawnSync } from "node:child_process";
import type { CommandOptions, Sample } from "./measure.ts";

const script = `
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
wall = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1e6 if sys.platform == "darwin" else 1e3
error = done.stderr.decode(errors="replace")[-800:]
print(json.dumps([done.returncode, error, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit]))
`;

/**
 * Runs a command to its end; beside its times it gives the most memory a process of it held, in MB, as the kernel
 * counts it. Node does not tell what a child has used, Python does. Throws when the command fails.
 */
export function onceWithMemory(python: string, command: string[], options: CommandOptions = {}): Sample {
  const { stdout, error } = spawnSync(python, ["-c", script, ...command], { ...options, encoding: "utf8" });
  if (error) throw error;
  const [status, text, wall, cpu, memory] = JSON.parse(stdout) as [number, string, number, number, number];
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}: ${text}`);
  return { wall, cpu, memory };
}
