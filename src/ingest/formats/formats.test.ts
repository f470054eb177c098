import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";
import { workbook } from "../testing/xlsx.ts";
import { JsonRecords, jsonLayout } from "./json-records.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

const json = (more = {}) => source("t", { path: ["t*.json*"], format: "json", ...more });
const types = async () =>
  Object.fromEntries(
    await lab.rows(
      "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'raw' ORDER BY ordinal_position",
    ),
  );
const quarantine = () => lab.rows("SELECT record, column_name, reason, row_text FROM quarantine.t ORDER BY record");

describe("JSON", () => {
  it.each([
    ["list", '[\n {"id": 1, "v": "a"},\n {"id": 2, "v": "b, ]"}\n]'],
    ["lines", '{"id": 1, "v": "a"}\n\n{"id": 2, "v": "b, ]"}\n'],
    ["documents", '{\n  "id": 1,\n  "v": "a"\n}\n{\n  "id": 2,\n  "v": "b, ]"\n}'],
  ])("reads %s", async (_, text) => {
    for (const [name, content] of [
      ["t.json", Buffer.from(text)],
      ["t_bom.json", Buffer.from(`\ufeff${text.replace('"a"', '"é"')}`)],
      ["t_16.json", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.replace('"a"', '"ü"'), "utf16le")])],
      ["t.json.gz", gzipSync(text.replace('"a"', '"c"'))],
      ["t.json.zst", zstdCompressSync(text.replace('"a"', '"d"'))],
    ] as const) {
      lab.sources = [json({ path: [name] })];
      lab.write(name, content);
      const { files } = await lab.ingest();
      expect(files.at(-1), name).toMatchObject({ rowsRead: 2, rowsLoaded: 2 });
    }
    expect(await lab.rows("SELECT DISTINCT v FROM raw.t ORDER BY v")).toEqual([
      ["a"],
      ["b, ]"],
      ["c"],
      ["d"],
      ["é"],
      ["ü"],
    ]);
  });

  it("reads several records of one line, and keeps a line out as a whole when it does not come out even", async () => {
    lab.sources = [json()];
    const lines = [
      '{"id":1,"v":"} {"}{"id":2,"v":"b"}',
      '{"id":3,"v":"c"} {"id":4,"v":{"w":1}}',
      '{"id":5}{"id":',
      '{"id":6}{"id":7} end',
      '{"id":8,"v":"}{"}',
    ];
    lab.write("t.ndjson", `${lines.join("\n")}\n`);
    lab.sources = [json({ path: ["t.ndjson"] })];
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 7, rowsLoaded: 5, rowsQuarantined: 2 }]);
    expect(await lab.rows("SELECT id FROM raw.t ORDER BY id")).toEqual([["1"], ["2"], ["3"], ["4"], ["8"]]);
    expect(await lab.rows("SELECT record, row_text FROM quarantine.t ORDER BY record")).toEqual([
      ["5", lines[2]],
      ["6", lines[3]],
    ]);
  });

  it("types numbers and dates, keeps quoted digits as text, nested values as JSON, and large numbers exact", async () => {
    lab.sources = [json()];
    lab.write(
      "t.json",
      '{"id":1,"n":1.5,"big":12345678901234567890,"code":"007","d":"2024-01-31","ok":true,"x":{"y":[1,2]},"l":["a"],"m":1}\n{"id":2,"n":null,"m":{"z":1},"x":null}\n',
    );
    await lab.ingest();
    expect(await types()).toEqual({
      id: "BIGINT",
      n: "DOUBLE",
      big: "VARCHAR",
      code: "VARCHAR",
      d: "DATE",
      ok: "BOOLEAN",
      x: "JSON",
      l: "JSON",
      m: "JSON",
    });
    expect(await lab.rows("SELECT * FROM raw.t ORDER BY id")).toEqual([
      ["1", "1.5", "12345678901234567890", "007", "2024-01-31", "true", '{"y":[1,2]}', '["a"]', "1"],
      ["2", null, null, null, null, null, null, null, '{"z":1}'],
    ]);
  });

  it("flattens nested objects where asked to", async () => {
    lab.sources = [json({ flatten: true })];
    lab.write("t.json", '[{"id":1,"a":{"b":{"c":2},"d/e":"x"}},{"id":2,"a":{"l":[1]}}]');
    await lab.ingest();
    expect(await lab.rows('SELECT id, a_b_c, "a_d/e", a_l FROM raw.t ORDER BY id')).toEqual([
      ["1", "2", "x", null],
      ["2", null, null, "[1]"],
    ]);
    lab.write("t.json", '[{"id":1,"a_b":1,"a":{"b":2}}]');
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-004" });
  });

  it("quarantines what is no record or does not fit, as it came", async () => {
    lab.sources = [json({ columns: columns({ id: "BIGINT", v: "VARCHAR" }, ["id"]) })];
    lab.write("t.json", '{"id":1,"v":"a"}\n{"id":2,"v":\nnonsense\n[1,2]\n{"id":"x"}\n{"v":"no id"}\n{"id":3}\n');
    const { files } = await lab.ingest();
    expect(files).toMatchObject([{ rowsRead: 7, rowsLoaded: 2, rowsQuarantined: 5 }]);
    expect(await quarantine()).toEqual([
      ["2", null, "no valid JSON", '{"id":2,"v":'],
      ["3", null, "no valid JSON", "nonsense"],
      ["4", null, "no JSON object but array", "[1,2]"],
      ["5", "id", 'value "x" is no whole number (BIGINT)', '{"id":"x"}'],
      ["6", "id", "a value is missing that must not be", '{"v":"no id"}'],
    ]);
  });

  it("lets new keys in by the drift policy, and loads the tail of a file of lines that grew", async () => {
    lab.sources = [json({ lineage: true })];
    lab.write("t.json", '{"id":1}\n{"id":2}\n');
    await lab.ingest();
    appendFileSync(join(lab.raw, "t.json"), '{"id":3,"extra":"x"}\n');
    expect((await lab.ingest()).files).toMatchObject([{ action: "append", rowsRead: 1, addedColumns: ["extra"] }]);
    expect(await lab.rows("SELECT id, extra, _row FROM raw.t ORDER BY id")).toEqual([
      ["1", null, "1"],
      ["2", null, "2"],
      ["3", "x", "3"],
    ]);
    lab.sources = [json({ drift: "freeze" })];
    appendFileSync(join(lab.raw, "t.json"), '{"id":4,"more":"x"}\n');
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-005" });
  });

  it("refuses a list that is cut short, text behind one, and a file without records", async () => {
    lab.sources = [json()];
    for (const [text, code] of [
      ['[{"id":1},{"id"', "ING-019"],
      ['[{"id":1}] rest', "ING-019"],
      ["[]", "ING-001"],
      ["\n \n", "ING-001"],
    ]) {
      lab.write("t.json", text ?? "");
      expect((await lab.ingest()).files[0]?.error?.code, text).toBe(code);
    }
  });

  it("splits any records the same way wherever the text is cut", () => {
    const record = fc.dictionary(fc.constantFrom("a", "b c", 'é"', "\\"), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    });
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.constantFrom("list", "lines", "documents"),
        fc.nat(200),
        (records, layout, at) => {
          const text =
            layout === "list"
              ? JSON.stringify(records, null, 1)
              : records.map((r) => JSON.stringify(r, null, layout === "lines" ? 0 : 2)).join("\n");
          const found: unknown[] = [];
          const reader = new JsonRecords(layout as "list", (part) => found.push(JSON.parse(part)));
          reader.push(text.slice(0, at));
          reader.push(text.slice(at));
          reader.end();
          expect(found).toEqual(JSON.parse(JSON.stringify(records)));
          if (layout !== "documents") expect(jsonLayout(text)).toBe(layout);
        },
      ),
    );
  });

  it.each(["{", '{"id":', '{"id": 1,', '{"items": ['])("are documents when the first line is %s", (line) => {
    expect(jsonLayout(`${line}\n1}`)).toBe("documents");
  });
});

describe("Parquet", () => {
  const write = (name: string, select: string) =>
    lab.connection.run(`COPY (${select}) TO '${join(lab.raw, name)}' (FORMAT parquet)`);

  it("takes its types as the contract, whatever the order of the columns", async () => {
    lab.sources = [source("t", { path: ["*.parquet"], format: "parquet", lineage: true })];
    await write(
      "a.parquet",
      "SELECT 1::INTEGER AS id, DATE '2024-01-31' AS d, [1, 2] AS l, {'x': 1} AS s, 1.5::DECIMAL(9,2) AS n",
    );
    await lab.ingest();
    await write(
      "b.parquet",
      "SELECT 2.0::DECIMAL(9,2) AS n, {'x': 2} AS s, NULL::INTEGER[] AS l, NULL::DATE AS d, 2::INTEGER AS id, 'y' AS more",
    );
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 1, rowsLoaded: 1, addedColumns: ["more"] }]);
    expect(await lab.rows("SELECT id, d, l, s.x, n, more, _file, _row FROM raw.t ORDER BY id")).toEqual([
      ["1", "2024-01-31", "[1, 2]", "1", "1.50", null, "a.parquet", "1"],
      ["2", null, null, "2", "2.00", "y", "b.parquet", "1"],
    ]);
  });

  it("converts another type where nothing is lost, and quarantines the rest", async () => {
    lab.sources = [
      source("t", { path: ["*.parquet"], format: "parquet", columns: columns({ id: "BIGINT", day: "DATE" }, ["day"]) }),
    ];
    await write(
      "a.parquet",
      "SELECT * FROM (VALUES (1.0, '2024-01-01'), (1.5, '2024-01-02'), (3.0, NULL), (4.0, 'soon')) v(id, day)",
    );
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 4, rowsLoaded: 1, rowsQuarantined: 3 }]);
    expect((await quarantine()).map(([record, column]) => [record, column])).toEqual([
      ["2", "id"],
      ["3", "day"],
      ["4", "day"],
    ]);
    expect((await quarantine())[0]?.[3]).toBe('{"id":1.5,"day":"2024-01-02"}');
  });

  it("refuses what is no Parquet", async () => {
    lab.sources = [source("t", { path: ["*.parquet"], format: "parquet" })];
    lab.write("a.parquet", "id,v\n1,2\n");
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-019" });
  });
});

describe("Excel", () => {
  const day = new Date("2024-01-31T00:00:00Z");
  const rows = [
    ["id", "when", "n", "ok", "note"],
    [1, day, 1.5, true, "a, b"],
    [],
    [2, new Date("2024-02-01T12:30:00Z"), null, false, "two\nlines"],
    [3, null, 3, null, null, null, "stray"],
  ];

  it("reads the first sheet or the named one, and quarantines a row that is too wide", async () => {
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel" })];
    lab.write("a.xlsx", workbook({ Data: rows, "Other sheet": [["q"], ["7"]] }));
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 3, rowsLoaded: 2, rowsQuarantined: 1 }]);
    expect(await types()).toEqual({ id: "BIGINT", when: "TIMESTAMP", n: "DOUBLE", ok: "BOOLEAN", note: "VARCHAR" });
    expect(await lab.rows('SELECT id, "when", n, ok, note FROM raw.t ORDER BY id')).toEqual([
      ["1", "2024-01-31 00:00:00", "1.5", "true", "a, b"],
      ["2", "2024-02-01 12:30:00", null, "false", "two\nlines"],
    ]);
    expect(await quarantine()).toEqual([
      ["3", null, "too many fields: 7 instead of 5", '["3","","3","","","","stray"]'],
    ]);
    lab.sources = [source("o", { path: ["*.xlsx"], format: "excel", sheet: "Other sheet" })];
    await lab.ingest();
    expect(await lab.rows("SELECT q FROM raw.o")).toEqual([["7"]]);
  });

  it("keeps rows with a failed formula out, with the cell and what Excel shows there", async () => {
    const broken = [["id", "n"], [1, { error: "#DIV/0!" }], [], [2, 5], [{ error: "#N/A" }, { error: "#REF!" }]];
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel", sheet: "A & B" })];
    lab.write("a.xlsx", workbook({ Other: [["id"], [{ error: "#NAME?" }]], "A & B": broken }));
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 3, rowsLoaded: 1, rowsQuarantined: 2 }]);
    expect(await types()).toEqual({ id: "BIGINT", n: "BIGINT" });
    expect(await quarantine()).toEqual([
      ["1", null, "the formula in B2 failed: #DIV/0!", '["1","#DIV/0!"]'],
      ["3", null, "the formula in A5 failed: #N/A; the formula in B5 failed: #REF!", '["#N/A","#REF!"]'],
    ]);
  });

  it("refuses a title above the header before a contract is made of it", async () => {
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel" })];
    lab.write("a.xlsx", workbook({ S: [["Sales of 2026"], ["id", "n"], [1, 2]] }));
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-004" });
    expect(await lab.rows("FROM _labs.contracts")).toEqual([]);
  });

  it("refuses a first row that reads as one more row of values, unless lab.yml says what it is", async () => {
    const values = [[], [7, "Oslo", day, 1.5], [8, "Bergen", day, 2.5], [10, "Hamar", day, 0.5]];
    lab.write("a.xlsx", workbook({ S: values }));
    const load = async (header?: boolean) => {
      const dialect = { encoding: "utf-8" as const, ...(header !== undefined && { header }) };
      lab.sources = [source("t", { path: ["*.xlsx"], format: "excel", dialect })];
      return (await lab.ingest()).files[0];
    };
    const message = expect.stringContaining("Line 2 reads as one more row of values");
    expect((await load())?.error).toMatchObject({ code: "ING-004", message });
    expect(await load(false)).toMatchObject({ rowsRead: 3, rowsLoaded: 3 });
  });

  it("takes months above numbers for names", async () => {
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel" })];
    lab.write(
      "a.xlsx",
      workbook({
        S: [
          ["sku", day, 2024],
          ["A1", 5, 7],
          ["A2", 6, 9],
        ],
      }),
    );
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 2, rowsLoaded: 2 }]);
  });

  it("reads the first sheet that people see, says so, and skips titles", async () => {
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel", dialect: { encoding: "utf-8", skipLines: 2 } })];
    const rows = [["Sales 2024"], [], ["id", "n"], [1, "a"], ["id", "n"], [2, "b"]];
    lab.write("a.xlsx", workbook({ Lookup: [["x"], [1]], Data: rows, Old: [["y"], [2]] }, ["Lookup"]));
    expect((await lab.ingest()).files).toMatchObject([{ rowsRead: 3, rowsLoaded: 2, rowsQuarantined: 1 }]);
    expect(await lab.rows("FROM raw.t")).toEqual([
      ["1", "a"],
      ["2", "b"],
    ]);
    expect(await lab.rows("SELECT record, reason FROM quarantine.t")).toEqual([["2", "the header again, not a row"]]);
    expect(lab.events).toContainEqual(
      expect.objectContaining({
        type: "note",
        text: "the sheet `Data` was read, not `Lookup` (hidden), `Old`; `sheet:` in lab.yml names another.",
      }),
    );
  });

  it("passes over visible sheets without a cell, and refuses a workbook of nothing else", async () => {
    lab.sources = [
      source("t", { path: ["a.xlsx"], format: "excel" }),
      source("o", { path: ["b.xlsx"], format: "excel" }),
    ];
    lab.write(
      "a.xlsx",
      workbook({ Hidden: [["x"], [1]], Cover: [], Blank: [[null]], Data: [["id"], [7]] }, ["Hidden"]),
    );
    lab.write("b.xlsx", workbook({ Cover: [], Hidden: [["x"], [1]] }, ["Hidden"]));
    const { files } = await lab.ingest();
    expect(files.map(({ file, error }) => [file, error?.code])).toEqual([
      ["a.xlsx", undefined],
      ["b.xlsx", "ING-001"],
    ]);
    expect(await lab.rows("FROM raw.t")).toEqual([["7"]]);
    expect(JSON.stringify(lab.events)).toContain("the sheet `Data` was read, not `Hidden` (hidden), `Cover`, `Blank`");
  });

  it("says what a workbook is that it cannot read", async () => {
    const compound = (text: string) =>
      Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.from(text, "utf16le")]);
    const renamed = (from: string, to: string) =>
      Buffer.from(workbook({ S: rows }).toString("latin1").replaceAll(from, to), "latin1");
    for (const [content, what] of [
      [compound("EncryptedPackage"), "protected by a password"],
      [compound("Workbook"), "older format .xls"],
      [renamed("xl/workbook.xml", "xl/workbook.bin"), "(.xlsb)"],
      [workbook({ S: rows }).subarray(0, -30), "cannot be read as a workbook"],
    ] as const) {
      lab.sources = [source("t", { path: ["*.xlsx"], format: "excel" })];
      lab.write("a.xlsx", content);
      expect((await lab.ingest()).files[0]?.error).toMatchObject({
        code: "ING-019",
        message: expect.stringContaining(what),
      });
    }
  });

  it("refuses what is no workbook, and names the sheets when one is missing", async () => {
    lab.sources = [source("t", { path: ["*.xlsx"], format: "excel", sheet: "Nope" })];
    lab.write("a.xlsx", workbook({ Data: rows }));
    const missing = (await lab.ingest()).files[0]?.error;
    expect([missing?.code, missing?.message]).toEqual(["ING-019", expect.stringContaining("Data")]);
    writeFileSync(join(lab.raw, "a.xlsx"), "no workbook");
    expect((await lab.ingest()).files[0]?.error).toMatchObject({ code: "ING-019" });
  });
});

it("makes a source of every data file of any format when none is declared", async () => {
  lab.write("a.csv", "id\n1\n");
  lab.write("a.ndjson", '{"id":1}\n');
  lab.write("b.xlsx", workbook({ S: [["id"], [1]] }));
  await lab.connection.run(`COPY (SELECT 1 AS id) TO '${join(lab.raw, "c.parquet")}'`);
  expect((await lab.ingest()).files.map(({ table, rowsLoaded }) => `${table} ${rowsLoaded}`).sort()).toEqual([
    "raw.a 1",
    "raw.a_json 1",
    "raw.b 1",
    "raw.c 1",
  ]);
});
