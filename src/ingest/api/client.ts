import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import type { Authorization } from "./auth.ts";
import type { PollEffects } from "./effects.ts";
import type { Secrets } from "./secrets.ts";

/** A failure that the same request may not meet again. */
export class Passing extends Error {
  /** What to do about it, when that is known. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export interface PageRequest {
  url: URL;
  /** JSON of a POST. */
  body?: string;
}

/** What a poll's requests share. */
export interface Client {
  source: SourceConfig;
  api: ApiConfig;
  /** Where secrets may go. */
  origin: string;
  authorization: Authorization;
  secrets: Secrets;
  effects: PollEffects;
  signal?: AbortSignal;
  /** Milliseconds when the next request may start. */
  notBefore: number;
}

/** Method and address as people may see them. */
export const label = ({ api, secrets }: Client, url: URL): string =>
  secrets.redact(`${api.method} ${url.origin}${url.pathname}${decodeQuery(url.search)}`);

function decodeQuery(search: string): string {
  try {
    return decodeURIComponent(search);
  } catch {
    return search;
  }
}
