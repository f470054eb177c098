import { createHash } from "node:crypto";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describeHolder, lockFile, type LockHolder, makeFolder, readText, writeAtomic } from "#registry/index.ts";
import { databaseUrl, userName } from "#ledger/index.ts";
import { orchestrateErrors } from "../errors.ts";

/** What a running server leaves for those who look for it. */
export interface ServerFile extends LockHolder {
  socket: string;
}

/** Hosts that share a queue share the workspace's folder too: each has a server of its own there. */
const serverName = () => (databaseUrl() === undefined ? "server" : `server-${hostname()}`);

const filePath = (state: string) => join(state, `${serverName()}.json`);

/** Where a server listens. Paths of sockets are short by nature: a deep workspace gets one among the temporary files. */
export function socketPath(state: string): string {
  const id = createHash("sha256").update(join(state, serverName())).digest("hex").slice(0, 16);
  if (process.platform === "win32") return `\\\\.\\pipe\\buildcpg-labs-${id}`;
  const path = join(state, `${serverName()}.sock`);
  return Buffer.byteLength(path) <= 100 ? path : join(tmpdir(), `buildcpg-labs-${id}.sock`);
}

/**
 * Makes this process the workspace's server on this machine until `release` or its death. Errors: ORC-002 when there is
 * one, REG-010/011 when the state folder cannot be written.
 */
export function becomeServer(state: string): { file: ServerFile; release: () => void } {
  const folder = join(state, "locks");
  makeFolder(folder);
  const lock = lockFile(join(folder, `${serverName()}.lock.db`), 0);
  if (!lock) {
    const other = readServerFile(state);
    throw orchestrateErrors.serverRunning({
      message: `A server runs already: ${describeHolder(other)}.`,
      hint: `Use that one, or stop it first${other ? ` (\`kill ${other.pid}\`)` : ""}.`,
    });
  }
  const file: ServerFile = {
    pid: process.pid,
    user: userName(),
    host: hostname(),
    command: ["labs", ...process.argv.slice(2)].join(" "),
    since: new Date().toISOString(),
    socket: socketPath(state),
  };
  try {
    writeAtomic(filePath(state), `${JSON.stringify(file)}\n`);
  } catch (error) {
    lock.close();
    throw error;
  }
  return { file, release: () => lock.close() };
}

/** What the last server wrote; it may be gone. */
export function readServerFile(state: string): ServerFile | undefined {
  try {
    const value = JSON.parse(readText(filePath(state))) as Partial<ServerFile> | null;
    return value && typeof value.socket === "string" ? (value as ServerFile) : undefined;
  } catch {
    return undefined;
  }
}
