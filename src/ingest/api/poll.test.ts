import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { proposeContracts } from "../contract/propose-lab.ts";
import { replayQuarantine } from "../quarantine/index.ts";
import { spoolFolder } from "../records/spool.ts";
import { FixtureApi, type Row, send } from "../testing/api-server.ts";
import { columns, TestLab } from "../testing/lab.ts";
import { api, pages, polled } from "../testing/polled.ts";

let lab: TestLab;
let server: FixtureApi;

beforeEach(async () => {
  lab = await new TestLab().open();
  server = await new FixtureApi().listen();
  lab.effects = { sleep: async () => {} };
});
afterEach(async () => {
  await lab.close();
  await server.close();
});

const make = (n: number, from = 1): Row[] =>
  Array.from({ length: n }, (_, i) => ({
    id: from + i,
    name: `n${from + i}`,
    updated_at: new Date(Date.UTC(2024, 0, 1) + (from + i) * 60_000).toISOString(),
  }));
const ids = async () => (await lab.rows("SELECT id FROM raw.orders ORDER BY id")).map(([id]) => Number(id));
const range = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("an API source", () => {
  it.each([
    ["page", {}, pages({ type: "page", size: { param: "size", value: 10 } })],
    ["offset", { records: "data" }, pages({ type: "offset", size: { param: "size", value: 10 } })],
    ["cursor", { records: "data.items" }, pages({ type: "cursor", cursor: "meta.next" })],
    ["next", { records: "results" }, pages({ type: "next", next: "next" })],
    ["link", {}, pages({ type: "link" })],
  ])("follows pages by %s", async (path, more, pagination) => {
    server.rows = make(35);
    server.cap = 7;
    lab.sources = [polled("orders", api(`${server.url}/${path}`, { ...more, pagination }), { key: ["id"] })];
    const first = await lab.ingest();
    expect(first.files[0]?.error).toBeUndefined();
    expect(first.files).toMatchObject([{ outcome: "loaded", rowsRead: 35, rowsLoaded: 35, rowsQuarantined: 0 }]);
    expect(await ids()).toEqual(range(35));
    expect((await lab.ingest()).files).toEqual([]);
    server.rows[3] = { ...server.rows[3], name: "other" };
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 35, rowsLoaded: 1, rowsRepeated: 34 }]);
    expect(await lab.rows("SELECT name FROM raw.orders WHERE id = 4")).toEqual([["other"]]);
    expect(existsSync(dirname(spoolFolder(lab.path)))).toBe(false);
  });

  it("asks only for what is new, with overlap, and keeps the cursor with the rows", async () => {
    server.rows = make(30);
    const incremental = {
      field: "updated_at",
      param: "since",
      start: "2024-01-01T00:05:00Z",
      overlap: { kind: "time", amount: 120_000 } as const,
    };
    const pagination = pages({ type: "page", size: { param: "size", value: 10 } });
    lab.sources = [polled("orders", api(`${server.url}/page`, { pagination, incremental }), { key: ["id"] })];
    await lab.ingest();
    expect(server.seen[0]?.query["since"]).toBe("2024-01-01T00:05:00Z");
    expect(await lab.rows("SELECT cursor, cursor_kind FROM _labs.polls")).toEqual([
      ["2024-01-01T00:30:00.000Z", "time"],
    ]);
    server.rows.push(...make(5, 31), { id: 99, name: "never", updated_at: "9999-12-31T00:00:00Z" });
    server.seen.length = 0;
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 9, rowsLoaded: 6, rowsRepeated: 3 }]);
    expect(server.seen[0]?.query["since"]).toBe("2024-01-01T00:28:00.000Z");
    expect(await lab.rows("SELECT cursor FROM _labs.polls")).toEqual([["2024-01-01T00:35:00.000Z"]]);
    expect(await ids()).toEqual([...range(35).filter((id) => id >= 5), 99]);
  });

  it("appends new keys only", async () => {
    server.rows = make(5);
    lab.sources = [
      polled("orders", api(`${server.url}/page`, { pagination: pages({ type: "page" }) }), {
        key: ["id"],
        mode: "append",
      }),
    ];
    await lab.ingest();
    server.rows = [{ ...server.rows[0], name: "changed" }, ...server.rows.slice(1), ...make(2, 6)];
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 7, rowsLoaded: 2, rowsRepeated: 5 }]);
    expect(await lab.rows("SELECT name FROM raw.orders WHERE id = 1")).toEqual([["n1"]]);
  });

  it("replaces, keeps snapshots, and refuses to empty a table by accident", async () => {
    server.rows = make(5);
    const config = api(`${server.url}/page`, { pagination: pages({ type: "page" }) });
    lab.sources = [polled("orders", config), polled("kept", config, { mode: "snapshot" })];
    await lab.ingest();
    server.rows = make(3, 4);
    await lab.ingest();
    expect(await ids()).toEqual([4, 5, 6]);
    expect(await lab.rows("SELECT count(*), count(DISTINCT _loaded_at) FROM raw.kept")).toEqual([["8", "2"]]);
    server.rows = [];
    const { files } = await lab.ingest();
    expect(files[0]).toMatchObject({ outcome: "failed", error: { code: "ING-050" } });
    expect(await ids()).toEqual([4, 5, 6]);
    lab.sources = [polled("orders", { ...config, mayBeEmpty: true })];
    await lab.ingest();
    expect(await ids()).toEqual([]);
  });

  it("makes columns of nested records, keeps JSON as it came, and takes JSON's types at their word", async () => {
    const text = `[{"id":1,"code":"007","big":12345678901234567890,"exact":9007199254740993,"price":1.50,"at":"2024-05-01T10:00:00Z","day":"2024-05-01","on":true,"customer":{"name":"A","address":{"city":"X"}},"tags":["a","b"],"digits":"12"},
      {"id":2,"price":3,"customer":null,"note":null}]`;
    server.on("/x", (_, response) => send(response, text, true));
    lab.sources = [polled("orders", api(`${server.url}/x`), { key: ["id"] })];
    await lab.ingest();
    const types = await lab.rows(
      "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'raw' AND table_name = 'orders' ORDER BY ordinal_position",
    );
    expect(Object.fromEntries(types.map(([name, type]) => [name, type]))).toEqual({
      id: "BIGINT",
      code: "VARCHAR",
      big: "VARCHAR",
      exact: "BIGINT",
      price: "DOUBLE",
      at: "TIMESTAMP",
      day: "DATE",
      on: "BOOLEAN",
      customer_name: "VARCHAR",
      customer_address_city: "VARCHAR",
      tags: "JSON",
      digits: "VARCHAR",
      note: "VARCHAR",
      _raw: "JSON",
    });
    expect(
      await lab.rows("SELECT big, exact, customer_address_city, tags->>1, _raw->>'price' FROM raw.orders WHERE id = 1"),
    ).toEqual([["12345678901234567890", "9007199254740993", "X", "b", "1.5"]]);
    expect((await lab.rows("SELECT _raw FROM raw.orders WHERE id = 1"))[0]?.[0]).toContain('"price":1.50');
  });

  it("quarantines records that do not fit, once, and the balance holds", async () => {
    server.rows = [
      { id: 1, qty: 2 },
      { id: 2, qty: "x" },
      { qty: 3 },
      { id: 4, qty: 1.5 },
      { id: 5, ID: 6 },
      { id: 7 },
    ];
    const declared = columns({ id: "BIGINT", qty: "BIGINT" });
    lab.sources = [
      polled("orders", api(`${server.url}/page`, { pagination: pages({ type: "page" }) }), {
        key: ["id"],
        ...(declared && { columns: declared }),
      }),
    ];
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 6, rowsLoaded: 2, rowsQuarantined: 4 }]);
    server.rows.push({ id: 8, qty: 1 });
    expect((await lab.ingest()).files).toMatchObject([
      { rowsRead: 7, rowsLoaded: 1, rowsQuarantined: 0, rowsRepeated: 6 },
    ]);
    expect(await lab.rows("SELECT file, record, reason, row_text FROM quarantine.orders ORDER BY record")).toEqual([
      ["api:orders", "2", 'value "x" is no whole number (BIGINT)', '{"id":2,"qty":"x"}'],
      ["api:orders", "3", "a value is missing that must not be", '{"qty":3}'],
      ["api:orders", "4", 'value "1.5" is no whole number (BIGINT)', '{"id":4,"qty":1.5}'],
      ["api:orders", "5", "two fields make the column id: id and ID", '{"id":5,"ID":6}'],
    ]);
  });

  it("replays quarantined records, corrected or under other columns", async () => {
    server.rows = [
      { id: 1, qty: "x" },
      { id: 2, qty: 1.5 },
      { id: 3, qty: 3, note: { a: 1 } },
    ];
    const config = api(`${server.url}/page`, { pagination: pages({ type: "page" }) });
    const as = (type: string) => columns({ id: "BIGINT", qty: type });
    const entry = { key: ["id"], drift: "quarantine_rows" } as const;
    lab.sources = [polled("orders", config, { ...entry, key: ["id"], columns: as("BIGINT") })];
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 0, rowsQuarantined: 3 }]);
    const fixes = [
      { table: "orders", load: 1, record: 1, row: '{"id":1,"qty":7}' },
      { table: "orders", load: 1, record: 2, row: "{no json" },
    ];
    expect(await replayQuarantine(lab.connection, { sources: lab.sources, fixes })).toMatchObject([
      { tried: 2, loaded: 1, refused: [{ record: 2, reason: "no JSON record" }] },
    ]);
    lab.sources = [
      polled("orders", config, { ...entry, key: ["id"], columns: as("DOUBLE"), drift: "discard_columns" }),
    ];
    expect(await replayQuarantine(lab.connection, { sources: lab.sources })).toMatchObject([{ tried: 2, loaded: 2 }]);
    expect(await lab.rows("SELECT id, qty, _raw FROM raw.orders ORDER BY id")).toEqual([
      ["1", "7", '{"id":1,"qty":7}'],
      ["2", "1.5", '{"id":2,"qty":1.5}'],
      ["3", "3", '{"id":3,"qty":3,"note":{"a":1}}'],
    ]);
  });

  it("proposes a contract from all that comes, and leaves the lab alone", async () => {
    server.rows = [
      { id: 1, code: "12", price: 1 },
      { id: 2, code: "13", price: 1.5, at: "2024-01-01T00:00:00Z" },
    ];
    lab.sources = [polled("orders", api(`${server.url}/page`, { pagination: pages({ type: "page" }) }))];
    const [proposal] = await proposeContracts(lab.lab);
    expect(proposal).toMatchObject({
      source: "orders",
      path: [],
      rows: 2,
      columns: [
        { name: "id", type: "BIGINT", nullable: false },
        { name: "code", type: "VARCHAR", nullable: false },
        { name: "price", type: "DOUBLE", nullable: false },
        { name: "at", type: "TIMESTAMP", nullable: true },
      ],
    });
    expect(await lab.rows("SELECT count(*) FROM duckdb_tables()")).toEqual([["0"]]);
  });

  it("checks expectations and max_rejects", async () => {
    server.rows = make(20);
    const config = api(`${server.url}/page`, { pagination: pages({ type: "page" }) });
    const range = { check: "range", columns: ["id"], max: 15, severity: "quarantine" } as const;
    const expectations = [{ ...range, columns: ["id"] }];
    lab.sources = [
      polled("orders", config, { key: ["id"], expectations }),
      polled("strict", config, { key: ["id"], expectations, maxRejects: { count: 4 } }),
      polled("failing", config, { key: ["id"], expectations: [{ ...range, columns: ["id"], severity: "fail" }] }),
    ];
    const { files } = await lab.ingest();
    expect(files.map(({ rowsLoaded, rowsQuarantined, error }) => [rowsLoaded, rowsQuarantined, error?.code])).toEqual([
      [15, 5, undefined],
      [0, 0, "ING-006"],
      [0, 0, "ING-017"],
    ]);
    expect((await lab.ingest({ sources: ["orders"] })).files).toEqual([]);
    server.rows.push(...make(2, 0).slice(0, 1));
    expect((await lab.ingest({ sources: ["orders"] })).files).toMatchObject([
      { rowsRead: 21, rowsLoaded: 1, rowsQuarantined: 0, rowsRepeated: 20 },
    ]);
    expect(await lab.rows("SELECT count(*) FROM quarantine.orders")).toEqual([["5"]]);
  });

  it("takes an odd folder, odd names and halves of characters", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const text = `[{"id":1,"":"e","_load":5,"_labs_raw":6,"ord\\"er":"q","z":"n\\u0000l","emoji":"\\ud83d\\ude00"},{"id":2,"emoji":"\\ud83d"},null,7,{"id":3,"deep":${deep}}]`;
    server.on("/x", (_, response) => send(response, text));
    await lab.database.close();
    const folder = join(lab.root, "a [b] *c");
    mkdirSync(folder);
    lab.database = await openDatabase(join(folder, "lab.duckdb"));
    lab.connection = await lab.database.connect();
    lab.sources = [polled("orders", api(`${server.url}/x`))];
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 5, rowsLoaded: 2, rowsQuarantined: 3 }]);
    expect(
      await lab.rows('SELECT id, unnamed, _load_, _labs_raw_, "ord""er", emoji, value FROM raw.orders ORDER BY ALL'),
    ).toEqual([
      ["1", "e", "5", "6", "q", "😀", null],
      [null, null, null, null, null, null, "7"],
    ]);
    expect(await lab.rows("SELECT record, reason FROM quarantine.orders ORDER BY 1")).toEqual([
      ["2", "a text holds half a character"],
      ["3", "the record is null"],
      ["5", "the record is nested too deeply"],
    ]);
  });

  it("follows the drift policy", async () => {
    const config = api(`${server.url}/page`, { pagination: pages({ type: "page" }) });
    const names = ["evolve", "freeze", "discard_columns", "quarantine_rows"] as const;
    lab.sources = names.map((drift) => polled(drift, config, { key: ["id"], drift }));
    server.rows = [{ id: 1, price: 1 }];
    await lab.ingest();
    server.rows = [
      { id: 1, price: 1 },
      { id: 2, price: 2.5, more: true },
    ];
    const { files } = await lab.ingest();
    expect(
      files.map(({ source, rowsLoaded, rowsQuarantined, error }) => [source, rowsLoaded, rowsQuarantined, error?.code]),
    ).toEqual([
      ["evolve", 1, 0, undefined],
      ["freeze", 0, 0, "ING-005"],
      ["discard_columns", 0, 1, undefined],
      ["quarantine_rows", 0, 1, undefined],
    ]);
    expect(files[0]).toMatchObject({ addedColumns: ["more"], widenedColumns: ["price (BIGINT → DOUBLE)"] });
    expect(await lab.rows("SELECT id, price, more FROM raw.evolve ORDER BY id")).toEqual([
      ["1", "1", null],
      ["2", "2.5", "true"],
    ]);
  });
});
