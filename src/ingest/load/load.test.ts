import { chmodSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

const types = async (table: string) =>
  (await lab.rows(`DESCRIBE raw.${table}`)).map(([name, type]) => `${name} ${type}`);
/** Loads one file of a source of its own and returns what became of it. */
async function load(name: string, content: string | Buffer, more: Parameters<typeof source>[1] = {}) {
  const table = name.replace(/\..*/, "");
  lab.sources = [source(table, { path: [name], ...more })];
  lab.write(name, content);
  const { files } = await lab.ingest();
  const [result] = files;
  if (!result) throw new Error("nothing was found");
  return result;
}

describe("first contract", () => {
  it("takes types from all rows, and leaves as text what a number or date would change", async () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) =>
        `${i},00${i},${i}.50,2024-01-${String(i + 1).padStart(2, "0")},1/2/2024,${i % 2 === 0},9${"0".repeat(19)},`,
    );
    rows[29] = "29,0029,x,2024-01-30 10:30:00,1/13/2024,true,1,";
    await load("a.csv", `whole,zip,price,day,us,flag,big,nothing\n${rows.join("\n")}\n`);
    expect(await types("a")).toEqual([
      "whole BIGINT",
      "zip VARCHAR",
      "price VARCHAR",
      "day TIMESTAMP",
      "us DATE",
      "flag BOOLEAN",
      "big VARCHAR",
      "nothing VARCHAR",
    ]);
  });

  it("leaves dates that can be read in two ways as text", async () => {
    await load("b.csv", "day,time\n2/3/2024,2/24/2003 0:00\n4/5/2024,5/7/2003 13:45\n");
    expect(await types("b")).toEqual(["day VARCHAR", "time TIMESTAMP"]);
    expect(await lab.rows("SELECT time FROM raw.b")).toEqual([["2003-02-24 00:00:00"], ["2003-05-07 13:45:00"]]);
  });

  it("is not guessed again: a later file that does not fit goes to quarantine", async () => {
    await load("c.csv", "n\n1\n2\n");
    lab.sources = [source("c", { path: ["c*.csv"] })];
    lab.write("c2.csv", "n\n3\n4.5\nfive\n");
    const { files } = await lab.ingest();
    expect(files).toMatchObject([{ rowsRead: 3, rowsLoaded: 1, rowsQuarantined: 2 }]);
    expect(await types("c")).toEqual(["n BIGINT"]);
    expect(await lab.rows("SELECT record, reason, row_text, load_id FROM quarantine.c ORDER BY record")).toEqual([
      ["2", 'value "4.5" is no whole number (BIGINT)', "4.5", "run-2"],
      ["3", 'value "five" is no whole number (BIGINT)', "five", "run-2"],
    ]);
  });

  it("follows declared columns, formats and null values", async () => {
    await load("d.csv", "when;amount;note\n31.12.2024;1234,5;n/a\n01.02.2025;-;x\n", {
      dialect: { encoding: "utf-8", dateFormat: "%d.%m.%Y", decimalSeparator: ",", nullValues: ["n/a", "-"] },
      columns: columns({ when: "date", amount: "double", note: "text" }),
    });
    expect(await types("d")).toEqual(["when DATE", "amount DOUBLE", "note VARCHAR"]);
    const [first, second] = await lab.rows("SELECT * FROM raw.d");
    expect(first).toEqual(["2024-12-31", "1234.5", null]);
    expect(second).toEqual(["2025-02-01", null, "x"]);
  });
});

describe("loss", () => {
  it("never rounds, cuts or guesses: such a row goes to quarantine", async () => {
    const declared = columns({ n: "INTEGER", d: "DATE", m: "DECIMAL(6,2)", must: "VARCHAR" }, ["must"]);
    const rows = [
      "1,2024-01-31,1.25,a",
      "1.5,2024-01-31,1,b",
      "2,2024-01-31 08:00:00,1,c",
      "3,2024-01-31,1.255,d",
      "4,2024-01-31,1,",
    ];
    const result = await load("e.csv", `n,d,m,must\n${rows.join("\n")}\n`, { columns: declared });
    expect(result).toMatchObject({ rowsRead: 5, rowsLoaded: 1, rowsQuarantined: 4 });
    expect(await lab.rows("SELECT record, column_name FROM quarantine.e ORDER BY record")).toEqual([
      ["2", "n"],
      ["3", "d"],
      ["4", "m"],
      ["5", "must"],
    ]);
  });

  it("keeps whole numbers beyond the reach of a double", async () => {
    await load("f.csv", "id\n9223372036854775807\n9007199254740993\n", { columns: columns({ id: "BIGINT" }) });
    expect(await lab.rows("SELECT id FROM raw.f")).toEqual([["9223372036854775807"], ["9007199254740993"]]);
  });

  it("fails the load beyond max_rejects, and loads nothing", async () => {
    const declared = columns({ n: "BIGINT" });
    const result = await load("g.csv", "n\n1\nx\ny\n", { columns: declared, maxRejects: { count: 1 } });
    expect(result).toMatchObject({ outcome: "failed", error: { code: "ING-006" } });
    expect(
      await lab.rows("SELECT 1 FROM information_schema.tables WHERE table_schema IN ('raw', 'quarantine')"),
    ).toEqual([]);
    lab.sources = [source("g", { path: ["g.csv"], columns: declared, maxRejects: { share: 0.7 } })];
    expect((await lab.ingest()).files).toMatchObject([{ outcome: "loaded", rowsLoaded: 1, rowsQuarantined: 2 }]);
  });
});

describe("header", () => {
  beforeEach(async () => {
    await load("h.csv", "id,name\n1,a\n");
  });
  const next = async (content: string, more: Parameters<typeof source>[1] = {}) => {
    lab.sources = [source("h", { path: ["h*.csv"], ...more })];
    lab.write("h2.csv", content);
    return (await lab.ingest()).files[0];
  };

  it("is matched by name, in any order and case", async () => {
    expect(await next("NAME,ID\nb,2\n")).toMatchObject({ outcome: "loaded", addedColumns: [] });
    expect(await lab.rows("SELECT id, name FROM raw.h ORDER BY id")).toEqual([
      ["1", "a"],
      ["2", "b"],
    ]);
  });

  it("lets new columns in by default, as nullable ones, and says so", async () => {
    expect(await next("id,name,price\n2,b,1.5\n")).toMatchObject({ outcome: "loaded", addedColumns: ["price"] });
    expect(await lab.rows("SELECT * FROM raw.h ORDER BY id")).toEqual([
      ["1", "a", null],
      ["2", "b", "1.5"],
    ]);
    expect(lab.events).toContainEqual({ type: "drift", source: "h", file: "h2.csv", added: ["price"] });
    expect(await lab.rows("SELECT version, reason FROM _labs.contracts ORDER BY version")).toEqual([
      ["1", "proposed from the first load"],
      ["2", "h2.csv added price"],
    ]);
  });

  it("is refused when a column is missing or renamed, with both names", async () => {
    const result = await next("id,nmae\n2,b\n");
    expect(result).toMatchObject({
      outcome: "failed",
      error: { code: "ING-005", data: { missing: ["name"], added: ["nmae"] } },
    });
    expect(result?.error?.hint).toContain("`name` may be called `nmae` now");
    expect(await lab.rows("SELECT count(*) FROM raw.h")).toEqual([["1"]]);
  });

  it("names another delimiter, also after columns were added", async () => {
    await next("id,name,price\n2,b,1.5\n");
    const result = await next("id;name\n3;c\n");
    expect(result).toMatchObject({ outcome: "failed", error: { code: "ING-005" } });
    expect(result?.error?.hint).toContain('seems to be delimited by ";"');
  });

  it("follows the drift policy", async () => {
    expect(await next("id,name,x\n2,b,1\n", { drift: "freeze" })).toMatchObject({
      outcome: "failed",
      error: { code: "ING-005" },
    });
    expect(await next("id,name,x\n2,b,1\n", { drift: "quarantine_rows" })).toMatchObject({
      rowsLoaded: 0,
      rowsQuarantined: 1,
    });
    expect(await next("id,name,x\n3,b,1\n", { drift: "discard_columns" })).toMatchObject({
      rowsLoaded: 1,
      rowsQuarantined: 0,
    });
    expect(await types("h")).toEqual(["id BIGINT", "name VARCHAR"]);
  });
});

describe("formats", () => {
  const text = "id;naïve\n1;é\n2;“x”\n";
  const expected = [
    ["1", "é"],
    ["2", "“x”"],
  ];
  const cases: [string, Buffer][] = [
    ["bom.csv", Buffer.from(`\ufeff${text}`)],
    ["u16le.csv", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["u16be.csv", Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    ["zipped.csv.gz", gzipSync(text)],
    ["packed.csv.zst", zstdCompressSync(Buffer.from(text))],
    ["returns.csv", Buffer.from(text.replaceAll("\n", "\r"))],
    ["mixed.csv", Buffer.from("id;naïve\r\n1;é\n2;“x”\r\n")],
    ["star.csv", Buffer.from(text)],
  ];
  it.each(cases)("reads %s", async (name, content) => {
    expect(await load(name, content)).toMatchObject({ outcome: "loaded", rowsRead: 2, rowsLoaded: 2 });
    expect(await lab.rows(`SELECT * FROM raw.${name.replace(/\..*/, "")}`)).toEqual(expected);
  });

  it("reads a text that is not UTF-8 throughout as Latin-1", async () => {
    await load("latin.csv", Buffer.from("id,name\n1,Café\n2,Müller\n", "latin1"));
    expect(await lab.rows("SELECT name FROM raw.latin")).toEqual([["Café"], ["Müller"]]);
  });

  it("adds lineage on request, with record numbers as in the file", async () => {
    await load("l.csv", "n\n1\nx\n3\n", { lineage: true, columns: columns({ n: "BIGINT" }) });
    expect(await lab.rows("SELECT n, _file, _row, _load_id, _loaded_at IS NOT NULL FROM raw.l ORDER BY n")).toEqual([
      ["1", "l.csv", "1", "run-1", "true"],
      ["3", "l.csv", "3", "run-1", "true"],
    ]);
  });

  it("counts blank lines neither as rows nor in record numbers", async () => {
    const result = await load("blank.csv", "a,b\n\n1,2\n\n\nx,2\n", { columns: columns({ a: "BIGINT", b: "BIGINT" }) });
    expect(result).toMatchObject({ rowsRead: 2, rowsLoaded: 1, rowsQuarantined: 1 });
    expect(await lab.rows("SELECT record FROM quarantine.blank")).toEqual([["2"]]);
  });
});

describe("bad input", () => {
  const cases: [string, string | Buffer, string, { line?: number; column?: number }][] = [
    ["empty.csv", "", "ING-001", {}],
    ["blank.csv", "\n\n  \n\n".replace("  ", ""), "ING-001", {}],
    ["binary.csv", Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 44, 10, 0, 7]), "ING-002", {}],
    [
      "mixed.csv",
      Buffer.concat([Buffer.from("a,b\n1,é\n2,x"), Buffer.from([0xe9, 10])]),
      "ING-003",
      { line: 3, column: 4 },
    ],
    ["twice.csv", "id,Name,NAME\n1,a,b\n", "ING-004", { line: 1 }],
    ["header.csv", "a,b\n", "ING-015", { line: 1 }],
    ["quote.csv", 'a,b\n1,2\n3,"open\n4,5\n', "ING-016", { line: 3, column: 3 }],
  ];
  it.each(cases)(
    "refuses %s with a code and a place, and loads the file beside it",
    async (name, content, code, place) => {
      lab.sources = [];
      lab.write(name, content);
      lab.write("fine.csv", "n\n1\n");
      const result = await lab.ingest();
      const refused = result.files.find((file) => file.file === name);
      expect(refused).toMatchObject({ outcome: "failed", rowsLoaded: 0, error: { code, place } });
      expect(refused?.error?.hint).toBeTruthy();
      expect(result.failed).toBe(1);
      expect(await lab.rows("SELECT n FROM raw.fine")).toEqual([["1"]]);
      expect(await lab.rows("SELECT file, outcome FROM _labs.loads ORDER BY file")).toContainEqual([name, "failed"]);
    },
  );

  it.skipIf(process.getuid?.() === 0)("refuses a file that may not be read", async () => {
    chmodSync(lab.write("secret.csv", "n\n1\n"), 0);
    expect((await lab.ingest()).files).toMatchObject([{ outcome: "failed", error: { code: "ING-007" } }]);
  });

  it("quarantines a line that is longer than the reader takes", async () => {
    const result = await load("long.csv", `a,b\n1,x\n2,${"y".repeat(2_500_000)}\n3,z\n`);
    expect(result).toMatchObject({ rowsRead: 3, rowsLoaded: 2, rowsQuarantined: 1 });
  });

  it("leaves a table alone that somebody else made", async () => {
    await lab.connection.run("CREATE SCHEMA raw; CREATE TABLE raw.mine AS SELECT 1 AS x");
    expect(await load("mine.csv", "n\n1\n")).toMatchObject({ outcome: "failed", error: { code: "ING-011" } });
    expect(await lab.rows("SELECT * FROM raw.mine")).toEqual([["1"]]);
  });

  it("names a declared type that does not exist", async () => {
    const result = await load("type.csv", "n\n1\n", { columns: columns({ n: "NUMBR" }) });
    expect(result.error).toMatchObject({ code: "ING-010", place: { file: "lab.yml" } });
  });
});

describe("many small files", () => {
  it("are loaded together, those that do not fit by themselves, and all of them once", async () => {
    lab.sources = [source("m", { path: ["m*.csv"], columns: columns({ id: "BIGINT", note: "VARCHAR" }) })];
    for (let i = 0; i < 60; i++) lab.write(`m_${String(i).padStart(2, "0")}.csv`, `id,note\n${i}1,a\n${i}2,"b\nb"\n`);
    lab.write("m_10.csv", "note,id\nother order,1001\n");
    lab.write("m_20.csv", "id,note\n2001,a\nx,bad\n2003,c\n");
    lab.write("m_30.csv", "id,nota\n1,a\n");
    lab.write("m_40.csv", "id,note\n4001,a\n4.5,bad\n");
    lab.write("m_50.csv", "id,note,more\n5001,a,1\n");
    const result = await lab.ingest();
    expect([result.files.length, result.failed, result.rowsLoaded, result.rowsQuarantined]).toEqual([
      60,
      1,
      55 * 2 + 5,
      2,
    ]);
    expect(await lab.rows("SELECT file, record, row_text FROM quarantine.m ORDER BY ALL")).toEqual([
      ["m_20.csv", "2", "x,bad"],
      ["m_40.csv", "2", "4.5,bad"],
    ]);
    expect(await lab.rows("SELECT count(*), count(DISTINCT id), count(DISTINCT more) FROM raw.m")).toEqual([
      ["115", "115", "1"],
    ]);
    expect(await lab.rows("SELECT state, count(*) FROM _labs.files GROUP BY state ORDER BY state")).toEqual([
      ["failed", "1"],
      ["loaded", "59"],
    ]);
    expect(
      await lab.rows(
        "SELECT count(*) FROM _labs.files JOIN _labs.loads USING (load) WHERE files.rows <> rows_loaded + rows_quarantined",
      ),
    ).toEqual([["0"]]);
    expect(
      (await lab.plan({ verify: true })).changes
        .filter((change) => change.reason !== "unchanged")
        .map((change) => change.name),
    ).toEqual(["m_30.csv"]);
  });
});

describe("full refresh", () => {
  it("starts anew with today's files", async () => {
    lab.sources = [source("r", { path: ["r*.csv"] })];
    lab.write("r1.csv", "n\n1\n");
    lab.write("r2.csv", "n\n2\n");
    await lab.ingest();
    lab.write("r1.csv", "n\n7\n");
    await lab.ingest({ fullRefresh: true });
    expect(await lab.rows("SELECT n FROM raw.r ORDER BY n")).toEqual([["2"], ["7"]]);
    expect((await lab.plan({ verify: true })).changes.map((change) => change.reason)).toEqual([
      "unchanged",
      "unchanged",
    ]);
  });
});
