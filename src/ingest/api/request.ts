import { isLabsError } from "#errors/index.ts";
import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import type { Authorization } from "./auth.ts";
import type { PollEffects } from "./effects.ts";
import type { Secrets } from "./secrets.ts";

/** Longest pause that a server may ask for; beyond it the poll ends and the next one tries again. */
const longestPauseMs = 10 * 60_000;
const mostRedirects = 10;

/** A failure that the same request may not meet again. */
export class Passing extends Error {}

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

/**
 * Sends a request and hands the answer to `read`, again and again until it is read to its end: pauses grow from half a
 * second, with jitter, and a server's Retry-After is obeyed. Answers 4xx other than 429 are final.
 * `undo` takes back what a broken answer has brought. Errors: ING-041 no answer, ING-042 refused, and those of `read`.
 */
export async function send<T>(
  client: Client,
  request: PageRequest,
  read: (response: Response, alive: () => void) => Promise<T>,
  undo: () => Promise<void>,
): Promise<T> {
  const { api, effects, signal } = client;
  let renewed = false;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    let failure: { why: string; pauseMs?: number; status?: number };
    try {
      const outcome = await once(client, request, read);
      if ("value" in outcome) return outcome.value;
      if (outcome.status === 401 && !renewed && (await client.authorization.renew())) {
        renewed = true;
        continue;
      }
      if (outcome.status !== 429 && outcome.status < 500) throw refused(client, request, outcome);
      failure = {
        why: `it answered ${outcome.status}${outcome.text}`,
        status: outcome.status,
        ...(outcome.pauseMs !== undefined && { pauseMs: outcome.pauseMs }),
      };
    } catch (error) {
      signal?.throwIfAborted();
      await undo();
      if (!(error instanceof Passing)) throw error;
      failure = { why: error.message };
    }
    const pauseMs = failure.pauseMs ?? jitter(attempt, effects);
    if (attempt >= api.retries || pauseMs > longestPauseMs) {
      const wait = pauseMs > longestPauseMs ? ` and asks to wait ${Math.round(pauseMs / 1000)} s` : "";
      const times = attempt > 0 ? ` (${attempt + 1} attempts)` : "";
      throw ingestErrors.noAnswer({
        message: client.secrets.redact(`${label(client, request.url)} failed: ${failure.why}${wait}${times}.`),
        place: api.places.url,
        hint: "Nothing was loaded, the cursor is where it was, and the next run asks again. Check the address and whether the server is up.",
        data: { source: client.source.name, attempts: attempt + 1, ...(failure.status && { status: failure.status }) },
      });
    }
    await effects.sleep(pauseMs, signal);
  }
}

/** Between half and all of 0.5 s, 1 s, 2 s … 30 s: many labs that failed together do not come back together. */
const jitter = (attempt: number, effects: PollEffects): number =>
  Math.min(30_000, 500 * 2 ** attempt) * (0.5 + effects.random() / 2);

interface Refusal {
  status: number;
  /** Origin of whoever refused, at the end of redirects. */
  origin: string;
  text: string;
  pauseMs?: number;
}

async function once<T>(
  client: Client,
  request: PageRequest,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<{ value: T } | Refusal> {
  const { api, effects, signal } = client;
  await pace(client);
  const stop = new AbortController();
  const cancel = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", cancel, { once: true });
  let timer: NodeJS.Timeout | undefined;
  let stalled = false;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      stop.abort();
    }, api.timeoutMs);
  };
  alive();
  try {
    const response = await follow(client, request, stop.signal, alive);
    if (response.ok || (response.status === 404 && api.pagination.end === "not_found")) {
      return { value: await read(response, alive) };
    }
    const pauseMs = pauseOf(response, effects.clock());
    return {
      status: response.status,
      origin: URL.canParse(response.url) ? new URL(response.url).origin : client.origin,
      text: await excerpt(client, response),
      ...(pauseMs !== undefined && { pauseMs }),
    };
  } catch (error) {
    if (signal?.aborted) throw error;
    if (stalled) throw new Passing(`nothing came for ${api.timeoutMs / 1000} s`);
    const why = networkFailure(error);
    if (why === undefined) throw error;
    throw new Passing(why);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
    stop.abort();
  }
}

async function pace(client: Client): Promise<void> {
  const { requestsPerSecond } = client.api;
  if (requestsPerSecond === undefined) return;
  const now = client.effects.clock();
  const wait = client.notBefore - now;
  client.notBefore = Math.max(now, client.notBefore) + 1000 / requestsPerSecond;
  if (wait > 0) await client.effects.sleep(wait, client.signal);
}

/** Follows redirects by hand: secrets and declared headers go to the API's own origin only. */
async function follow(client: Client, request: PageRequest, signal: AbortSignal, alive: () => void): Promise<Response> {
  let { url, body } = request;
  let method: string = client.api.method;
  for (let hops = 0; ; hops++) {
    const own = url.origin === client.origin;
    const { headers, query } = own ? await client.authorization.current() : { headers: {}, query: [] };
    const target = new URL(url);
    for (const [name, value] of query) target.searchParams.set(name, value);
    const response = await client.effects.fetch(target.href, {
      method,
      redirect: "manual",
      signal,
      headers: headersOf(client, {
        accept: "application/json",
        "user-agent": "buildcpg-labs",
        ...(own && client.api.headers),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      }),
      ...(body !== undefined && own && { body }),
    });
    alive();
    const to = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || to === null) return response;
    await response.body?.cancel();
    if (hops >= mostRedirects || !URL.canParse(to, url.href)) {
      throw ingestErrors.badAnswer({
        message: `${label(client, request.url)} redirects ${hops >= mostRedirects ? `more than ${mostRedirects} times` : "to no URL"}.`,
        place: client.api.places.url,
        hint: "Correct the address in lab.yml.",
      });
    }
    url = httpUrl(client, to, url);
    if (response.status === 303 || (method === "POST" && response.status < 303)) {
      method = "GET";
      body = undefined;
    }
  }
}

/** Errors: ING-043 for what no header can carry; Node's own error would show the value. */
function headersOf(client: Client, wanted: Record<string, string>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(wanted)) {
    try {
      headers.set(name, value);
    } catch {
      throw ingestErrors.badAnswer({
        message: `The header ${JSON.stringify(name)} of the source ${client.source.name} cannot be sent: its name or its value has characters that no header can carry.`,
        place: client.api.places.auth,
        hint: "Correct the name in lab.yml, or the value of the variable.",
      });
    }
  }
  return headers;
}

/** A URL that an answer gave. Errors: ING-043. */
export function httpUrl(client: Client, text: string, base: URL): URL {
  const url = URL.canParse(text, base.href) ? new URL(text, base) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) {
    // Names and passwords in addresses would end in logs.
    url.username = "";
    url.password = "";
    return url;
  }
  throw ingestErrors.badAnswer({
    message: client.secrets.redact(
      `${label(client, base)} leads to ${JSON.stringify(text.slice(0, 200))}, which is no address.`,
    ),
    place: client.api.places.pagination,
    hint: "Check `pagination` in lab.yml; the next page's address must be http or https.",
  });
}

/** What a failed fetch or a broken body means in words, or undefined for an error that is none of the network's. */
function networkFailure(error: unknown): string | undefined {
  if (error instanceof Passing) return error.message;
  if (!(error instanceof Error) || isLabsError(error)) return undefined;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "there is no server of that name";
  if (code === "ECONNREFUSED") return "nobody answers there";
  if (code?.startsWith("Z_") || code?.startsWith("ERR_Z")) return "the compressed answer is broken";
  if (code?.startsWith("CERT_") || code?.startsWith("ERR_TLS") || code === "DEPTH_ZERO_SELF_SIGNED_CERT") {
    return `its certificate is not accepted (${code})`;
  }
  // What fetch says when there is no connection, and when a body ends too early.
  if (error.message === "fetch failed" || error.message === "terminated" || code !== undefined) {
    return `the connection broke${code ? ` (${code})` : ""}`;
  }
  return undefined;
}

/** Retry-After as milliseconds: seconds, or a date. */
function pauseOf(response: Response, now: number): number | undefined {
  const text = response.headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What the answer says about itself, for the error. */
async function excerpt(client: Client, response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > 20_000) break;
    }
  } catch {
    // The status says enough.
  }
  const html = /^\s*</.test(text);
  const words = html ? (/<title[^>]*>([^<]*)</i.exec(text)?.[1] ?? "") : text;
  const short = client.secrets.redact(words.replace(/\s+/g, " ").trim()).slice(0, 300);
  return short === "" ? "" : `: ${short}`;
}

function refused(client: Client, request: PageRequest, { status, origin, text }: Refusal) {
  const auth = client.api.auth.length > 0;
  const hint =
    status === 401 || status === 403
      ? auth && origin !== client.origin
        ? `It was ${origin} that refused, and secrets go to ${client.origin} only: write its address as \`url\` if it is to have them.`
        : auth
          ? "Check the value and the rights of the secret that `auth` names."
          : "The API wants to know who asks: add `auth:` to the source."
      : status === 404
        ? "Check `url` and, when pages end like this, say `end: not_found` under `pagination`."
        : "Check `url`, `query`, `headers` and `pagination` of the source.";
  return ingestErrors.refused({
    message: client.secrets.redact(`${label(client, request.url)} was refused with ${status}${text}`),
    place: status === 401 || status === 403 ? client.api.places.auth : client.api.places.url,
    hint,
    data: { source: client.source.name, status },
  });
}
