import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { CommandOptions } from "./measure.ts";

/**
 * Runs a command to its end and gives the most memory it held at once, in MB: the kernel's own high-water mark of the
 * process, read every few milliseconds. NaN where there is no /proc. Throws when the command fails.
 */
export function peakMemory([program = "", ...args]: string[], options: CommandOptions = {}): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(program, args, { ...options, stdio: "ignore" });
  let peak = Number.NaN;
  const timer = setInterval(() => {
    try {
      const text = readFileSync(`/proc/${child.pid}/status`, "latin1");
      const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN);
      if (!(kilobytes / 1000 < peak)) peak = Number.isNaN(kilobytes) ? peak : kilobytes / 1000;
    } catch {
      // It has just ended, or there is no /proc.
    }
  }, 5);
  child.once("error", reject);
  child.once("close", (code) => {
    clearInterval(timer);
    if (code === 0) resolve(peak);
    else reject(new Error(`${program} ${args.join(" ")} ended with ${code}`));
  });
  return promise;
}
