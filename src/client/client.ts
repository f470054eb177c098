import { ApiError, noAnswer } from "./errors.ts";
import {
  type Asked,
  type LiveEvent,
  type Operations,
  operations,
  type Problem,
  type RunLogEvent,
} from "./operations.ts";
import { readMessages } from "./sse.ts";

export interface ClientOptions {
  /** `http://127.0.0.1:4400`; in a browser, on a page of that server, it may be left out. */
  url?: string;
  /** Of `labs tokens add`; on the server's own machine none is needed. */
  token?: string;
  /** Instead of the global one. */
  fetch?: typeof fetch;
  /** How often a request that got no answer is sent again; default 2. Actions carry a key, so that nothing is done twice. */
  retries?: number;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Of an action: the same key and request again give the same answer for a day. Default: a new one. */
  idempotencyKey?: string;
}

export interface StreamOptions {
  signal?: AbortSignal;
  /** The id of the last event that was seen: what came after it is sent first. */
  lastId?: string;
}

/** An event, and the id to go on from. */
export interface Streamed<T> {
  id: string;
  event: T;
}

type Streams = "events" | "runLog";
type Call<K extends keyof Operations> =
  Record<never, never> extends Operations[K]["parameters"]
    ? (parameters?: Operations[K]["parameters"], options?: CallOptions) => Promise<Operations[K]["answer"]>
    : (parameters: Operations[K]["parameters"], options?: CallOptions) => Promise<Operations[K]["answer"]>;

/** One function an operation of the API. All of them fail with {@link ApiError}. */
export type Client = { readonly [K in Exclude<keyof Operations, Streams>]: Call<K> } & {
  /** What happens, until the signal is aborted or the loop is left. After a break it goes on where it was. */
  events(options?: StreamOptions): AsyncGenerator<Streamed<LiveEvent>>;
  /** The log of a run until it ends; the last event has its status. After a break it goes on where it was. */
  runLog(parameters: { run: string }, options?: StreamOptions): AsyncGenerator<Streamed<RunLogEvent>>;
};

const pauseMs = 1_000;

/** A client of the API of `labs serve`. Asks nothing yet. */
export function createClient(options: ClientOptions = {}): Client {
  const connection = new Connection(options);
  const calls: Record<string, unknown> = {};
  for (const [name, asked] of Object.entries(operations)) {
    calls[name] = asked.stream
      ? undefined
      : (parameters: Record<string, unknown> = {}, more: CallOptions = {}) => connection.call(asked, parameters, more);
  }
  calls["events"] = (more: StreamOptions = {}) => connection.stream(operations.events, {}, more);
  calls["runLog"] = (parameters: { run: string }, more: StreamOptions = {}) =>
    connection.stream(operations.runLog, parameters, more, "end");
  return calls as unknown as Client;
}

class Connection {
  readonly #options: ClientOptions;
  /** Of a session in a browser. */
  #csrf: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async call(asked: Asked, parameters: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    const { address, body } = requestOf(asked, parameters);
    const key = asked.action ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined;
    const init: RequestInit = {
      method: asked.method,
      headers: {
        ...(asked.body && { "content-type": "application/json" }),
        ...(key !== undefined && { "idempotency-key": key }),
      },
      ...(asked.body && { body: JSON.stringify(body) }),
      ...(options.signal && { signal: options.signal }),
    };
    const harmless = asked.method === "GET" || key !== undefined;
    const response = await this.#fetch(address, init, harmless ? (this.#options.retries ?? 2) : 0);
    if (!/json/.test(response.headers.get("content-type") ?? "json")) return response.text();
    const answer: unknown = await response.json().catch(() => undefined);
    if (answer === undefined) throw noAnswer(response.status, "The answer is no JSON.");
    if (asked === operations.getSession) this.#csrf = (answer as { csrf: string | null }).csrf ?? undefined;
    return answer;
  }

  async *stream<T>(
    asked: Asked,
    parameters: Record<string, unknown>,
    { signal, lastId }: StreamOptions,
    last?: string,
  ): AsyncGenerator<Streamed<T>> {
    let id = lastId;
    const over = () => signal?.aborted === true;
    while (!over()) {
      try {
        const { address } = requestOf(asked, parameters);
        const headers = { accept: "text/event-stream", ...(id !== undefined && { "last-event-id": id }) };
        const response = await this.#fetch(address, { headers, ...(signal && { signal }) }, 0);
        for await (const message of readMessages(response.body as ReadableStream<Uint8Array>)) {
          id = message.id;
          yield { id, event: JSON.parse(message.data) as T };
          if (message.event === last) return;
        }
      } catch (error) {
        if (over()) return;
        // What the server refuses for good is no break.
        if (error instanceof ApiError && error.status !== 0 && !error.problem.retryable) throw error;
      }
      await pause(pauseMs, signal);
    }
  }

  /** Errors: {@link ApiError} for every answer that is not 2xx, and when none comes. */
  async #fetch(address: string, init: RequestInit, retries: number): Promise<Response> {
    const { url = "", token, fetch: own = fetch } = this.#options;
    const headers = {
      ...(init.headers as Record<string, string>),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(this.#csrf !== undefined && token === undefined && { "x-csrf-token": this.#csrf }),
    };
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await own(`${url.replace(/\/$/, "")}/api/v1${address}`, { ...init, headers });
        if (response.ok) return response;
        const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
        throw problem?.code === undefined
          ? noAnswer(response.status, `The answer is ${response.status}.`)
          : new ApiError(problem);
      } catch (error) {
        if (error instanceof ApiError || init.signal?.aborted === true) throw error;
        if (attempt >= retries) throw noAnswer(0, "The server does not answer.", error);
        await pause(pauseMs / 4, init.signal ?? undefined);
      }
    }
  }
}

/** Puts parameters where they belong. */
function requestOf(asked: Asked, parameters: Record<string, unknown>): { address: string; body: object } {
  const body = { ...parameters };
  const path = asked.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = body[name];
    delete body[name];
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} is missing: ${asked.path}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const name of asked.query) {
    for (const value of [body[name]].flat()) if (value !== undefined) query.append(name, String(value));
    delete body[name];
  }
  return { address: query.size > 0 ? `${path}?${query}` : path, body };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
