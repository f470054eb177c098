import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";

/** Which process runs something: enough to tell later whether that very process still lives. */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** Changes when a number is given to another process; empty where the system does not tell. */
  token: string;
}

/** Start of a process in ticks since boot, with the boot's id: pids are reused, this pair is not. */
function startToken(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold spaces and parentheses: fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return fields[0] === "Z" ? undefined : `${boot}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, token: startToken(process.pid) ?? "" };
}

/** False only when the process is surely gone: another host's processes cannot be judged and count as alive. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  if (process.platform === "linux" && identity.token !== "") return startToken(identity.pid) === identity.token;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Name of the user, also where the account database does not know the id (containers). */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? process.env["USERNAME"] ?? "unknown";
  }
}
