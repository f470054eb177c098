import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadChanges } from "../load/load.ts";
import { spoolFolder } from "../records/spool.ts";
import { FixtureApi, type Row, send } from "../testing/api-server.ts";
import { TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

let lab: TestLab;
let server: FixtureApi;
const waits: number[] = [];

beforeEach(async () => {
  lab = await new TestLab().open();
  server = await new FixtureApi().listen();
  waits.length = 0;
  lab.effects = {
    // Pauses are asked for and not taken.
    sleep: async (ms) => {
      waits.push(ms);
    },
  };
});
afterEach(async () => {
  await lab.close();
  await server.close();
});

const make = (n: number): Row[] =>
  Array.from({ length: n }, (_, i) => ({
    id: i + 1,
    name: `n${i + 1}`,
    updated_at: new Date(Date.UTC(2024, 0, 1) + i).toISOString(),
  }));
const ids = async () => (await lab.rows("SELECT id FROM raw.orders ORDER BY id")).map(([id]) => Number(id));
const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const failure = async () => {
  const { files } = await lab.ingest();
  return files[0]?.error;
};

describe("a server that misbehaves", () => {
  const paged = (more = {}) =>
    polled(
      "orders",
      api(`${server.url}/page`, { pagination: pages({ type: "page", size: { param: "size", value: 10 } }), ...more }),
      {
        key: ["id"],
      },
    );

  it.each<[string, (seen: { query: Record<string, string> }, response: import("node:http").ServerResponse) => void]>([
    ["drops the connection", (_, response) => response.destroy()],
    [
      "drops in the middle of a body of known length",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" }).write('[{"id":1,"qty":');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      "drops in the middle of a chunked body",
      (_, response) => {
        response.writeHead(200).write('[{"id":77,"odd":"x"},{"id":');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      "ends the body too early without a word",
      (_, response) => {
        response.writeHead(200, { connection: "close" });
        response.useChunkedEncodingByDefault = false;
        response.end('[{"id":77,"odd":"x"},{"id":');
      },
    ],
    ["answers 500", (_, response) => void response.writeHead(500).end("oops")],
    ["answers 429 with Retry-After", (_, response) => void response.writeHead(429, { "retry-after": "7" }).end()],
    [
      "sends broken gzip",
      (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip at all"),
    ],
  ])("%s now and then: the rows are those of an undisturbed run", async (_name, misbehave) => {
    server.rows = make(35);
    server.fault = (seen, response, count) => {
      if (count % 2 === 1) misbehave(seen, response);
      return count % 2 === 1;
    };
    lab.sources = [paged()];
    const { files } = await lab.ingest();
    expect(files[0]?.error).toBeUndefined();
    expect(await ids()).toEqual(range(35));
    expect(
      await lab.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders' AND table_schema = 'raw' ORDER BY ordinal_position",
      ),
    ).toEqual([["id"], ["name"], ["updated_at"], ["_raw"]]);
    expect(waits.length).toBeGreaterThan(0);
  });

  it("obeys Retry-After, and gives up when it asks for too much", async () => {
    server.rows = make(3);
    server.fault = (_, response, count) => {
      if (count === 1) response.writeHead(429, { "retry-after": "7" }).end();
      return count === 1;
    };
    lab.sources = [paged()];
    await lab.ingest();
    expect(waits).toEqual([7000]);
    server.fault = (_, response) => {
      response.writeHead(503, { "retry-after": "100000" }).end();
      return true;
    };
    expect(await failure()).toMatchObject({ code: "ING-041", retryable: true });
    expect(waits).toEqual([7000]);
  });

  it("stalls: gives up after the timeout and the retries", async () => {
    server.fault = (_, response) => {
      response.writeHead(200).write("[");
      return true;
    };
    lab.sources = [paged({ timeoutMs: 50, retries: 1 })];
    const error = await failure();
    expect(error).toMatchObject({ code: "ING-041" });
    expect(error?.message).toContain("nothing came for 0.05 s (2 attempts)");
  });

  it("does not repeat what was refused", async () => {
    server.fault = (_, response) => {
      response.statusCode = 403;
      send(response, { error: "no rights" });
      return true;
    };
    lab.sources = [paged()];
    expect(await failure()).toMatchObject({
      code: "ING-042",
      message: expect.stringContaining('403: {"error":"no rights"}'),
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each<[string, string, string | RegExp, string]>([
    ["HTML", "<!doctype html><html><title>Log in</title></html>", "HTML or XML", "ING-044"],
    ["broken JSON", '[{"id":1},{"id":}]', "broken JSON", "ING-044"],
    ["rubbish behind the JSON", '[{"id":1}] x', "broken JSON", "ING-044"],
    ["text", "hello", "no JSON", "ING-044"],
    ["records elsewhere", '{"data":{"items":[{"id":1}]}}', "not a list", "ING-045"],
    ["an error with status 200", '{"error":"quota"}', "its keys are error", "ING-045"],
  ])("answers %s: a clear error, and nothing is loaded", async (_name, body, message, code) => {
    server.on("/x", (_, response) => response.end(body));
    lab.sources = [polled("orders", api(`${server.url}/x`))];
    const error = await failure();
    expect(error).toMatchObject({ code });
    expect(error?.message).toMatch(message);
    expect(await lab.rows("SELECT count(*) FROM duckdb_views() WHERE schema_name = 'raw'")).toEqual([["0"]]);
  });

  it("suggests where the records are", async () => {
    server.on("/x", (_, response) => response.end('{"data":{"items":[{"id":1}]}}'));
    lab.sources = [polled("orders", api(`${server.url}/x`, { records: "data.item" }))];
    expect((await failure())?.hint).toBe("Did you mean `records: data.items`?");
  });

  it.each<[string, string, Partial<Parameters<typeof api>[1]>, RegExp]>([
    ["ignores the page", '[{"id":1},{"id":2}]', { pagination: pages({ type: "page" }) }, /exactly the records of page/],
    [
      "sends a cursor that does not move",
      '{"d":[{"id":1}],"c":"a"}',
      { records: "d", pagination: pages({ type: "cursor", cursor: "c" }) },
      /came before/,
    ],
    [
      "leads in a circle",
      '{"d":[{"id":1}],"n":"/x"}',
      { records: "d", pagination: pages({ type: "next", next: "n" }) },
      /came before/,
    ],
    [
      "calls the cursor otherwise",
      '{"d":[{"id":1}],"nextCursor":"a"}',
      { records: "d", pagination: pages({ type: "cursor", cursor: "next_cursor" }) },
      /it has `nextCursor`/,
    ],
  ])("%s: a clear error", async (_name, body, more, message) => {
    server.on("/x", (_, response) => response.end(body));
    lab.sources = [polled("orders", api(`${server.url}/x`, more))];
    const error = await failure();
    expect(error).toMatchObject({ code: "ING-046" });
    expect(error?.message).toMatch(message);
  });

  it("stops at max_pages and max_bytes and loads nothing", async () => {
    server.rows = make(50);
    lab.sources = [paged({ maxPages: 3 })];
    expect(await failure()).toMatchObject({ code: "ING-047", message: expect.stringContaining("more than 3 pages") });
    lab.sources = [paged({ maxBytes: 500 })];
    expect(await failure()).toMatchObject({ code: "ING-047", message: expect.stringContaining("more than 500 bytes") });
  });

  it("takes records of ten megabytes, and records that come in pieces", async () => {
    const long = "é".repeat(5 << 20);
    server.on("/x", (_, response) =>
      send(response, { data: { items: [{ id: 1, long }, { id: 2, long: `${long}2` }, { id: 3 }] } }),
    );
    lab.sources = [polled("orders", api(`${server.url}/x`, { records: "data.items" }), { key: ["id"] })];
    const { files } = await lab.ingest();
    expect(files[0]?.error).toBeUndefined();
    expect(await lab.rows("SELECT id, length(long) FROM raw.orders ORDER BY id")).toEqual([
      ["1", "5242880"],
      ["2", "5242881"],
      ["3", null],
    ]);
  });

  it("lets other sources load", async () => {
    server.rows = make(3);
    const gone = await new FixtureApi().listen();
    const nowhere = gone.url;
    await gone.close();
    lab.sources = [
      polled("bad", api(nowhere, { retries: 0 })),
      paged(),
      polled("soft", api(nowhere, { retries: 0, required: false })),
    ];
    const { files, failed } = await lab.ingest();
    expect(files.map(({ source, outcome }) => [source, outcome])).toEqual([
      ["bad", "failed"],
      ["orders", "loaded"],
      ["soft", "waiting"],
    ]);
    expect(failed).toBe(1);
    expect(files[0]?.error?.message).toContain("nobody answers there");
  });

  it("can be left at any time: a cancelled poll loads nothing and leaves nothing behind", async () => {
    server.rows = make(30);
    lab.sources = [paged()];
    server.fault = (seen, response) => {
      if (seen.query["page"] !== "3") return false;
      response.writeHead(200).write('[{"id":100},');
      return true;
    };
    const stop = new AbortController();
    const loading = loadChanges(await lab.plan(), { database: lab.database, loadId: "x", signal: stop.signal });
    const asked = async () => {
      while (server.seen.length < 3) await new Promise((done) => setTimeout(done, 5));
      stop.abort();
    };
    await Promise.all([expect(loading).rejects.toThrow(), asked()]);
    expect(existsSync(dirname(spoolFolder(lab.path)))).toBe(false);
    server.fault = undefined;
    await lab.ingest();
    expect(await ids()).toEqual(range(30));
  });
});
