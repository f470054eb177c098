import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export type Row = Record<string, unknown>;

/** A request as a test wants to see it. */
export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage["headers"];
  body: string;
}

/** One way to answer, for one path. Returning undefined passes on to {@link FixtureApi.pages}. */
export type Handler = (seen: Seen, response: ServerResponse) => unknown;

/**
 * An API on this machine for tests: pages of `rows` by page, offset, cursor, Link header or next URL, and whatever faults a
 * test wants. It counts requests and keeps them.
 */
export class FixtureApi {
  rows: Row[] = [];
  /** Greatest page that is given out, whatever is asked for. */
  cap = 1000;
  /** Field that `since` compares, inclusive. */
  field = "updated_at";
  /** Called in front of every answer. Answer and return true, or leave it to the server. */
  fault: ((seen: Seen, response: ServerResponse, count: number) => boolean | Promise<boolean>) | undefined;
  readonly seen: Seen[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async listen(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the server answers to a request of the first page, whichever was asked for. */
  firstPage({ path, query }: Seen): unknown {
    const page = this.#since(query["since"]).slice(0, Number(query["size"] ?? 10));
    if (path === "/cursor") return { data: { items: page }, meta: { next: page.length } };
    const next = new URLSearchParams({ ...query, cursor: String(page.length) });
    if (path === "/next") return { results: page, next: `${this.url}/next?${next}` };
    return path === "/offset" ? { data: page, total: 1 } : page;
  }

  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const piece of request) body += String(piece);
    const url = new URL(request.url ?? "/", this.url);
    const seen: Seen = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    };
    this.seen.push(seen);
    try {
      if (this.fault && (await this.fault(seen, response, this.seen.length))) return;
      const handler = this.#handlers.get(url.pathname);
      if (handler) return void (await handler(seen, response));
      this.#pages(seen, response, url);
    } catch {
      response.destroy();
    }
  }

  #since(since: string | undefined): Row[] {
    if (since === undefined) return this.rows;
    return this.rows.filter((row) => {
      const value = row[this.field];
      return typeof value === "number" ? value >= Number(since) : Date.parse(String(value)) >= Date.parse(since);
    });
  }

  #pages(seen: Seen, response: ServerResponse, url: URL): void {
    const params: Record<string, unknown> = {
      ...seen.query,
      ...(seen.body.startsWith("{") ? JSON.parse(seen.body) : {}),
    };
    const all = this.#since(params["since"] === undefined ? undefined : String(params["since"]));
    const size = Math.min(Number(params["size"] ?? 10), this.cap);
    const next = (at: number) => {
      const to = new URL(url);
      to.searchParams.set("cursor", String(at));
      return to.href;
    };
    if (seen.path === "/page") return send(response, all.slice((Number(params["page"]) - 1) * size).slice(0, size));
    if (seen.path === "/offset")
      return send(response, { data: all.slice(Number(params["offset"])).slice(0, size), total: 7 });
    const at = Number(params["cursor"] ?? 0);
    const page = all.slice(at, at + size);
    const more = at + size < all.length;
    if (seen.path === "/cursor")
      return send(response, { data: { items: page }, meta: { next: more ? at + size : null } });
    if (seen.path === "/next") return send(response, { results: page, next: more ? next(at + size) : null });
    if (seen.path === "/link") {
      if (more) response.setHeader("link", `<${url.href}>; rel="first", <${next(at + size)}>; rel="next"`);
      return send(response, page);
    }
    response.writeHead(404).end("{}");
  }
}

/** Answers JSON, compressed on request. */
export function send(response: ServerResponse, value: unknown, gzip = false): void {
  const body = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  response.setHeader("content-type", "application/json");
  if (gzip) response.setHeader("content-encoding", "gzip");
  response.end(gzip ? gzipSync(body) : body);
}
