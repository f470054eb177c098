import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger } from "#ledger/index.ts";
import { fileStamp, openRegistry, type Workspace } from "#registry/index.ts";
import { Alerter } from "./alerter.ts";

/** Conditions such as late labs and full disks are looked at this often. */
const tickMs = 60_000;
/** How long a stop waits for a message that is on its way; afterwards it is sent again by the next server. */
const closeMs = 5_000;

/** Alerts beside a server's other work: nothing waits for a mail server, and nothing here stops a lab. */
export class AlertService {
  readonly #alerter: Alerter;
  readonly #abort = new AbortController();
  #round: Promise<void> | undefined;
  #tickedAt = 0;
  #problem: unknown;

  constructor(ledger: Ledger, root: string) {
    this.#alerter = new Alerter(ledger, keptWorkspace(root));
  }

  /** To be called every few seconds; returns at once. Throws what went wrong in the round before. */
  async work(now: Date): Promise<void> {
    if (this.#round || this.#abort.signal.aborted) return;
    this.#round = this.#once(now)
      .catch((error: unknown) => {
        this.#problem = error;
      })
      .finally(() => {
        this.#round = undefined;
      });
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem;
  }

  async #once(now: Date): Promise<void> {
    await this.#alerter.evaluate();
    if (now.getTime() - this.#tickedAt >= tickMs || now.getTime() < this.#tickedAt) {
      this.#tickedAt = now.getTime();
      await this.#alerter.tick(now);
    }
    await this.#alerter.deliver(this.#abort.signal);
  }

  /** Ends with the message that is on its way; a last look at what ended meanwhile is taken by the next server. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.race([this.#round, sleep(closeMs, undefined, { ref: false })]);
  }
}

/** The workspace, read again when the registry or a lab.yml changed; looked at once a second at most. */
function keptWorkspace(root: string): () => Workspace {
  let workspace: Workspace | undefined;
  let stamp = "";
  let asked = 0;
  const stampOf = ({ file, labs }: Workspace) =>
    [file, ...labs.map(({ paths }) => paths.config)].map(fileStamp).join(" ");
  return () => {
    if (workspace && Date.now() - asked < 1_000) return workspace;
    asked = Date.now();
    if (workspace && stampOf(workspace) === stamp) return workspace;
    try {
      workspace = openRegistry(root);
      stamp = stampOf(workspace);
    } catch (error) {
      // A registry that is being edited: the labs are those it had.
      if (!workspace) throw error;
    }
    return workspace;
  };
}
