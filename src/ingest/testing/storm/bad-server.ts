import type { ServerResponse } from "node:http";
import { FixtureApi, type Row, type Seen, send } from "../api-server.ts";
import type { Dice } from "./deliveries.ts";

/** Ways in which a server misbehaves, each for one answer. `page` is what it should have answered, as JSON. */
const faults: Record<string, (response: ServerResponse, seen: Seen, server: FixtureApi) => void> = {
  drop: (response) => response.destroy(),
  "cut off": (response) => {
    response.writeHead(200, { "content-length": "5000" }).write('[{"id":1,"qty":');
    setTimeout(() => response.destroy(), 5);
  },
  // Longer than the client's patience; what was begun is never finished.
  stall: (response) => void response.writeHead(200).write("["),
  "500": (response) => void response.writeHead(500).end("oops"),
  "429": (response) => void response.writeHead(429, { "retry-after": "1" }).end(),
  HTML: (response) =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Log in</title>"),
  "another page": (response, seen, server) => send(response, server.firstPage(seen)),
  "broken JSON": (response) => send(response, '{"data":{"items":[{"id":1},{"id":}]}'),
  "broken gzip": (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"),
};

/** Every kind of pages, loaded in every mode; timeouts are short so that stalls do not take long. */
export const apiYml = (url: string): string => `sources:
  - name: api_paged
    key: id
    api: {url: "${url}/page", timeout: 1 s, retries: 2, pagination: {type: page, size: 20, size_param: size},
      incremental: {field: updated_at, param: since, overlap: 10 minutes}}
  - name: api_linked
    key: id
    mode: append
    api: {url: "${url}/link", timeout: 1 s, retries: 2, checkpoint: 2, pagination: {type: link, size: 20, size_param: size},
      incremental: {field: updated_at, param: since, overlap: 10 minutes}}
    columns: {id: BIGINT, qty: BIGINT, updated_at: TIMESTAMP}
  - name: api_parts
    key: id
    api: {url: "${url}/cursor", timeout: 1 s, retries: 2, records: data.items, checkpoint: 2,
      pagination: {type: cursor, cursor: meta.next, size: 20, size_param: size}}
    columns: {id: BIGINT, qty: BIGINT, updated_at: TIMESTAMP}
  - name: api_whole
    api: {url: "${url}/next", timeout: 1 s, retries: 2, records: results, pagination: {type: next, next: next, size: 20, size_param: size}}
  - name: api_offset
    key: id
    api: {url: "${url}/offset", timeout: 1 s, retries: 2, records: data, pagination: {type: offset, size: 20, size_param: size}}
`;

/** An API that misbehaves while it is told to, and counts how often. */
export class BadServer {
  readonly counts: Record<string, number> = {};
  readonly #api = new FixtureApi();
  readonly #dice: Dice;
  #minute = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  async listen(): Promise<this> {
    await this.#api.listen();
    return this;
  }

  get url(): string {
    return this.#api.url;
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  /** More records, and some that change: they get a later time, and stay in their place. Some lack their key. */
  grow(): void {
    const time = () => new Date(Date.UTC(2024, 0, 1) + ++this.#minute * 60_000).toISOString();
    const rows: Row[] = this.#api.rows.map((row) =>
      this.#dice.next() < 0.02 ? { ...row, qty: this.#dice.below(1000), updated_at: time() } : row,
    );
    const more = rows.length > 300 ? 0 : this.#dice.below(60);
    for (let i = 0; i < more; i++) {
      const id = this.#dice.next() < 0.02 ? null : rows.length;
      rows.push({ id, qty: this.#dice.below(1000), updated_at: time() });
    }
    this.#api.rows = rows;
  }

  /** From now on this share of the answers is wrong. */
  misbehave(share: number): void {
    // A stall takes the client's whole patience: it is the rarest.
    const kinds = Object.keys(faults).flatMap((kind) => (kind === "stall" ? [kind] : [kind, kind, kind, kind]));
    this.#api.fault = (seen, response) => {
      if (this.#dice.next() >= share) return false;
      const kind = this.#dice.pick(kinds) ?? "drop";
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      faults[kind]?.(response, seen, this.#api);
      return true;
    };
  }

  behave(): void {
    this.#api.fault = undefined;
    this.#api.seen.length = 0;
  }
}
