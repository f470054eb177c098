import { spawn } from "node:child_process";
import { isBuiltin } from "node:module";

/**
 * Node 22.12 has its SQLite behind an option, and is too old for better-sqlite3: there the command runs once more, with that
 * option. True when it does: this process then only waits for it, and ends as it ends.
 */
export function restartedWithSqlite(): boolean {
  if (Number(process.versions.napi) >= 10 || isBuiltin("node:sqlite")) return false;
  const words = ["--experimental-sqlite", ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(process.execPath, words, { stdio: "inherit" });
  // The terminal sends these to both; another process may send them to this one alone.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return true;
}
