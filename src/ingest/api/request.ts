import { ingestErrors } from "../errors.ts";
import { type Client, label, type PageRequest, Passing } from "./client.ts";
import type { PollEffects } from "./effects.ts";
import { follow } from "./follow.ts";
import { connectionHint, excerpt, networkFailure, pauseOf, type Refusal, refused } from "./refusal.ts";

/** Longest pause that a server may ask for; beyond it the poll ends and the next one tries again. */
const longestPauseMs = 10 * 60_000;

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
    let failure: { why: string; pauseMs?: number; status?: number; hint?: string | undefined };
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
      failure = { why: error.message, hint: error.hint };
    }
    const pauseMs = failure.pauseMs ?? jitter(attempt, effects);
    if (attempt >= api.retries || pauseMs > longestPauseMs) {
      const wait = pauseMs > longestPauseMs ? ` and asks to wait ${Math.round(pauseMs / 1000)} s` : "";
      const times = attempt > 0 ? ` (${attempt + 1} attempts)` : "";
      throw ingestErrors.noAnswer({
        message: client.secrets.redact(`${label(client, request.url)} failed: ${failure.why}${wait}${times}.`),
        place: api.places.url,
        hint: `Nothing was loaded, the cursor is where it was, and the next run asks again. ${failure.hint ?? "Check the address and whether the server is up."}`,
        data: { source: client.source.name, attempts: attempt + 1, ...(failure.status && { status: failure.status }) },
      });
    }
    await effects.sleep(pauseMs, signal);
  }
}

/** Between half and all of 0.5 s, 1 s, 2 s … 30 s: many labs that failed together do not come back together. */
const jitter = (attempt: number, effects: PollEffects): number =>
  Math.min(30_000, 500 * 2 ** attempt) * (0.5 + effects.random() / 2);

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
    throw new Passing(why, connectionHint(error, effects.env));
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
