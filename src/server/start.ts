import { isIP } from "node:net";
import { join } from "node:path";
import { type Ledger, openLedger } from "#ledger/index.ts";
import type { ServerEvent } from "#orchestrate/index.ts";
import { openRegistry, writeAtomic, removeFile } from "#registry/index.ts";
import { buildApp } from "./app.ts";
import { bindError } from "./bind-error.ts";
import type { ServerContext } from "./context.ts";
import { serverErrors } from "./errors.ts";
import { EventHub } from "./events.ts";
import { Answers } from "./look/answers.ts";
import { LabRows } from "./look/lab-rows.ts";
import { Snapshots } from "./look/snapshots.ts";
import { Workspaces } from "./look/workspaces.ts";

export interface StartOptions {
  /** Folder of the workspace. */
  workspace: string;
  /** Undefined: 4400, or a free one when that is taken. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  /** Further names that the server answers for. */
  hosts?: readonly string[];
  /** See {@link AppOptions}. */
  behindProxy?: boolean;
  /** Folder of the built pages. */
  pages: string;
  /** Version of the package. */
  version: string;
  /** Only look: nothing here runs labs. */
  readOnly?: boolean;
  onDefect?: (error: unknown) => void;
  checkAnswers?: boolean;
  /** See {@link AppOptions}. */
  requestMs?: number;
  pingMs?: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:4400` */
  url: string;
  port: number;
  /** What the scheduler says, for those who watch. */
  onServerEvent: (event: ServerEvent) => void;
  close(): Promise<void>;
}

export const usualPort = 4400;
const isLoopback = (host: string) => host === "localhost" || host === "::1" || host.startsWith("127.");

/**
 * Serves a workspace's API and pages. Errors: SRV-001 port taken, SRV-002 off this machine without users and tokens, those of the
 * registry and the ledger.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { host = "127.0.0.1" } = options;
  const { state } = openRegistry(options.workspace);
  const path = join(state, "ledger.db");
  // Who may only look has no right to make a ledger, and sees what there is.
  const look = (error: unknown) => {
    if (options.readOnly) return openLedger(path, { mode: "read" });
    throw error;
  };
  const ledger = await openLedger(path).catch(look);
  try {
    const [tokens, users] = [await ledger.access.tokens(), await ledger.users.all()];
    const needsToken = !isLoopback(host);
    if (needsToken && tokens.length === 0 && users.length === 0)
      throw serverErrors.needsTokens({
        message: `Listening on ${host} offers this workspace to other machines, and nobody could sign in.`,
        hint: "Make a user first: labs users add <your name> --role admin",
      });
    return await listen(options, host, ledger, needsToken, join(state, "ui.json"));
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function listen(
  options: StartOptions,
  host: string,
  ledger: Ledger,
  needsToken: boolean,
  file: string,
): Promise<RunningServer> {
  const workspaces = new Workspaces(options.workspace);
  const rows = new LabRows(ledger, workspaces);
  const hub = new EventHub(ledger, rows);
  const context: ServerContext = {
    workspaces,
    ledger,
    rows,
    answers: new Answers(ledger),
    hub,
    snapshots: new Snapshots(),
    readOnly: options.readOnly ?? false,
    needsToken,
    version: options.version,
  };
  const app = buildApp(context, {
    hosts: [...(isIP(host) === 6 ? [`[${host}]`] : [host]), ...(options.hosts ?? [])],
    pages: options.pages,
    onDefect: options.onDefect ?? (() => {}),
    ...(options.behindProxy !== undefined && { behindProxy: options.behindProxy }),
    ...(options.checkAnswers !== undefined && { checkAnswers: options.checkAnswers }),
    ...(options.requestMs !== undefined && { requestMs: options.requestMs }),
    ...(options.pingMs !== undefined && { pingMs: options.pingMs }),
  });
  // Read before anybody asks: the first who does gets an answer at once. A registry that is broken says so when asked.
  await rows.texts().catch(() => []);
  const port = await bind(app, host, options.port);
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : isIP(host) === 6 ? `[${host}]` : host;
  const url = `http://${name}:${port}`;
  if (!options.readOnly) writeAtomic(file, `${JSON.stringify({ pid: process.pid, url })}\n`);
  return {
    url,
    port,
    onServerEvent: (event) => hub.onServerEvent(event),
    async close() {
      if (!options.readOnly) removeFile(file);
      await app.close();
      await ledger.close();
    },
  };
}

async function bind(app: ReturnType<typeof buildApp>, host: string, wanted: number | undefined): Promise<number> {
  for (const port of wanted === undefined ? [usualPort, 0] : [wanted]) {
    try {
      await app.listen({ host, port });
      const address = app.server.address();
      return typeof address === "object" && address ? address.port : port;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && wanted === undefined && port !== 0) continue;
      throw bindError(error, host, port);
    }
  }
  throw new Error("one of the ports was tried last");
}
