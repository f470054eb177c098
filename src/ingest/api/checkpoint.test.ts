import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceConfig } from "#registry/index.ts";
import { FixtureApi, type Row } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

let lab: TestLab;
let server: FixtureApi;
beforeEach(async () => {
  lab = await new TestLab().open();
  lab.effects = { sleep: async () => {} };
  server = await new FixtureApi().listen();
});
afterEach(async () => {
  await lab.close();
  await server.close();
});

const time = (minute: number) => new Date(Date.UTC(2024, 0, 1) + minute * 60_000).toISOString();
const make = (n: number): Row[] => Array.from({ length: n }, (_, i) => ({ id: i + 1, qty: i, updated_at: time(i) }));
const ids = async () => (await lab.rows("SELECT id FROM raw.orders ORDER BY id")).map(([id]) => Number(id));
const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const asked = () => server.seen.map(({ query }) => query["cursor"] ?? "first");
const size = { param: "size", value: 10 };

/** Ten records a page, two pages a part; everything is asked for each time unless `since`. */
const orders = (more: Parameters<typeof api>[1] = {}, rest: Partial<SourceConfig> = {}): SourceConfig =>
  polled(
    "orders",
    api(`${server.url}/cursor`, {
      records: "data.items",
      pagination: pages({ type: "cursor", cursor: "meta.next", size }),
      retries: 0,
      checkpoint: 2,
      ...more,
    }),
    { key: ["id"], ...rest },
  );

const incremental = { field: "updated_at", param: "since", overlap: { kind: "time", amount: 0 } } as const;

/** Loads ten records in peace, for the contract; then the server has a hundred and fails at the page behind `from`. */
async function interrupted(source: SourceConfig, from: string) {
  lab.sources = [source];
  server.rows = make(10);
  await lab.ingest();
  server.rows = make(100);
  server.fault = ({ query }, response) => {
    if (query["cursor"] !== from) return false;
    response.writeHead(500).end();
    return true;
  };
  const { files } = await lab.ingest();
  server.fault = undefined;
  server.seen.length = 0;
  return files[0];
}

describe("a poll that fails late", () => {
  it("keeps the parts that were loaded, and goes on behind them", async () => {
    const result = await interrupted(orders({ incremental }), "70");
    expect(result).toMatchObject({ outcome: "failed", rowsRead: 60, error: { code: "ING-041" } });
    expect(result?.error?.hint).toMatch(/^The first 60 records are loaded, and the next poll goes on behind them/);
    // Asked from the tenth record on.
    expect(await ids()).toEqual(range(69));
    // The cursor moves when all of it is there.
    expect(await lab.rows("SELECT cursor FROM _labs.polls")).toEqual([[time(9)]]);
    const { files } = await lab.ingest();
    expect(files[0]).toMatchObject({ outcome: "loaded" });
    expect(asked()[0]).toBe("60");
    expect(await ids()).toEqual(range(100));
    expect(await lab.rows("SELECT cursor, resume FROM _labs.polls")).toEqual([[time(99), null]]);
    expect(await lab.rows("SELECT sum(rows_loaded) FROM _labs.loads WHERE outcome = 'loaded'")).toEqual([["100"]]);
  });

  it.each([
    ["refuses the old cursor", (response: import("node:http").ServerResponse) => response.writeHead(410).end()],
    ["has nothing behind it", (response: import("node:http").ServerResponse) => response.end('{"data":{"items":[]}}')],
  ])("starts from the beginning when the server %s", async (_name, answer) => {
    await interrupted(orders(), "80");
    let first = true;
    server.fault = (_, response) => {
      if (first) answer(response);
      const faulty = first;
      first = false;
      return faulty;
    };
    expect((await lab.ingest()).failed).toBe(0);
    expect(asked().slice(0, 2)).toEqual(["80", "first"]);
    expect(await ids()).toEqual(range(100));
  });

  it.each<[string, () => SourceConfig]>([
    ["rejects are counted over all of it", () => orders({}, { maxRejects: { share: 0.1 } })],
    ["it replaces the table", () => orders({}, { mode: "replace", key: [] })],
  ])("loads nothing when %s", async (_name, source) => {
    expect(await interrupted(source(), "70")).toMatchObject({ outcome: "failed", rowsRead: 0 });
    expect(await ids()).toEqual(range(10));
  });

  it("loads nothing when all of it decides the contract", async () => {
    lab.sources = [orders()];
    server.rows = make(100);
    server.fault = ({ query }, response) => {
      if (query["cursor"] === "70") response.writeHead(500).end();
      return query["cursor"] === "70";
    };
    expect((await lab.ingest()).files[0]).toMatchObject({ outcome: "failed", rowsRead: 0 });
    expect(await lab.rows("SELECT count(*) FROM duckdb_views() WHERE schema_name = 'raw'")).toEqual([["0"]]);
  });

  it("does not take a change for read that came after the part it would be in", async () => {
    await interrupted(orders({ incremental }), "70");
    // Record 5 lies in a part that is loaded; record 90 is still to come. Both change now, behind the begin of the poll.
    const now = new Date(Date.now() + 60_000).toISOString();
    server.rows = make(100).map((row) =>
      row["id"] === 90 || row["id"] === 5 ? { ...row, qty: -1, updated_at: now } : row,
    );
    await lab.ingest();
    expect(await lab.rows("SELECT cursor FROM _labs.polls")).toEqual([[time(99)]]);
    await lab.ingest();
    expect(await lab.rows("SELECT id FROM raw.orders WHERE qty = -1 ORDER BY id")).toEqual([["5"], ["90"]]);
  });
});

describe.each([
  { type: "page", of: (record: number) => String(record / 10 + 1) },
  { type: "offset", of: (record: number) => String(record) },
] as const)("pages by $type", ({ type, of }) => {
  const path = { page: "/page", offset: "/offset" }[type];
  const numbered = () =>
    polled(
      "orders",
      api(`${server.url}${path}`, {
        ...(type === "offset" && { records: "data" }),
        pagination: pages({ type, size }),
        retries: 0,
        checkpoint: 2,
      }),
      { key: ["id"] },
    );
  const places = () => server.seen.map(({ query }) => query[type]);

  /** The poll of a hundred records ends at the page that begins with the given one. */
  async function failing(record: number) {
    lab.sources = [numbered()];
    server.rows = make(10);
    await lab.ingest();
    server.rows = make(100);
    server.fault = ({ query }, response) => {
      if (query[type] !== of(record)) return false;
      response.writeHead(500).end();
      return true;
    };
    expect((await lab.ingest()).files[0]).toMatchObject({ outcome: "failed", rowsRead: 60 });
    expect(await ids()).toEqual(range(60));
    server.fault = undefined;
    server.seen.length = 0;
  }

  it("go on behind the last page that was loaded, when it is as it was", async () => {
    await failing(70);
    // What changes before that page moves nothing; what is added behind it comes.
    server.rows = make(105).map((row) => (row["id"] === 3 ? { ...row, qty: -3 } : row));
    expect((await lab.ingest()).failed).toBe(0);
    expect(places()[0]).toBe(of(50));
    expect(await ids()).toEqual(range(105));
  });

  it("start over when records came or went before it, and so none is missing", async () => {
    await failing(70);
    server.rows = make(100).filter((row) => row["id"] !== 4);
    expect((await lab.ingest()).failed).toBe(0);
    expect(places().slice(0, 2)).toEqual([of(50), of(0)]);
    // Record 4 is gone from the API only: a merge keeps it.
    expect(await ids()).toEqual(range(100));
  });
});

describe("a poll that takes too long", () => {
  it("is stopped, with what is loaded kept", async () => {
    lab.sources = [orders()];
    server.rows = make(10);
    await lab.ingest();
    server.rows = make(100);
    server.fault = ({ query }, response) => {
      if (query["cursor"] === "50") response.writeHead(200).write("{");
      return query["cursor"] === "50";
    };
    lab.sources = [orders({ maxTimeMs: 700 })];
    const { files } = await lab.ingest();
    expect(files[0]).toMatchObject({
      outcome: "failed",
      rowsRead: 40,
      error: { code: "ING-052", retryable: true, message: "The source orders was not done after 0.7 s." },
    });
    server.fault = undefined;
    await lab.ingest();
    expect(await ids()).toEqual(range(100));
  });
});
