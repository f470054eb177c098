import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { baseUrl } from "../api/url.ts";
import type { Contract } from "../contract/types.ts";
import type { Cursor } from "./cursor.ts";
import type { Resume } from "./resume.ts";
import type { Spooled } from "./spool.ts";

/** Pages of a poll that are loaded while more are fetched. */
export interface PollPart {
  spooled: Spooled;
  /** As it was: only a whole poll moves it. */
  cursor: Cursor | undefined;
  resume: Resume;
}

/** Cursors of servers are short-lived, and what was read long ago may have changed since. */
const oldestMs = 24 * 3_600_000;

/**
 * Whether a poll may be loaded in parts: what comes twice is recognised by its key, there is a contract, and nothing is judged
 * about the poll as a whole. The place is a cursor or link, or a page's number together with what was on that page.
 */
export function mayCheckpoint(source: SourceConfig, contract: Contract | undefined): boolean {
  const { api, mode, key, maxRejects, expectations } = source;
  return (
    api !== undefined &&
    api.pagination.type !== "none" &&
    (mode === "merge" || mode === "append") &&
    key.length > 0 &&
    contract !== undefined &&
    maxRejects === undefined &&
    expectations.every(({ check, severity }) => severity !== "fail" && check !== "row_count" && check !== "fresh")
  );
}

/** What decides which pages there are, as text. Errors: ING-043. */
export function requestSettings(
  source: SourceConfig,
  api: ApiConfig,
  from: string | undefined,
  env: NodeJS.ProcessEnv,
) {
  const { method, query, body, paramsIn, records, pagination, incremental } = api;
  return JSON.stringify([
    baseUrl(source, api, env).href,
    method,
    query,
    body,
    paramsIn,
    records,
    pagination,
    incremental,
    from,
  ]);
}

/** The place to go on from, when the last poll of this request was interrupted not long ago. */
export function resumeOf(resume: Resume | undefined, settings: string, now: number): Resume | undefined {
  if (resume === undefined || resume.settings !== settings) return undefined;
  const age = now - resume.began;
  return age >= 0 && age <= oldestMs ? resume : undefined;
}

/** Parts in the order in which they come, for somebody who takes them one by one. */
export class PartQueue {
  readonly #parts: PollPart[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(part: PollPart): void {
    this.#parts.push(part);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The next part, or undefined when there will be no more. */
  async take(): Promise<PollPart | undefined> {
    while (this.#parts.length === 0 && !this.#ended) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#parts.shift();
  }
}
