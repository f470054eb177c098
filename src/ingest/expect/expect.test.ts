import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Expectation } from "#registry/index.ts";
import { columns, source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

const expectation = (check: Expectation["check"], more: Partial<Expectation> = {}): Expectation => ({
  check,
  columns: [],
  severity: "quarantine",
  ...more,
});

async function load(content: string, expectations: Expectation[], more: Parameters<typeof source>[1] = {}) {
  lab.sources = [source("t", { expectations, columns: columns({ id: "BIGINT", v: "VARCHAR", at: "DATE" }), ...more })];
  lab.write("t.csv", content);
  const { files } = await lab.ingest();
  const [file] = files;
  if (!file) throw new Error("no file");
  const kept = file.error ? [] : (await lab.rows("SELECT id FROM raw.t ORDER BY id")).map(([id]) => id);
  return { file, kept };
}
const refused = () => lab.rows("SELECT record, column_name, reason, row_text FROM quarantine.t ORDER BY record");
const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const content = `id,v,at\n1,a,${day}\n2,,${day}\n3,b9,2001-01-01\n1,c,\n`;

describe("expectations of severity quarantine", () => {
  it.each<[string, Expectation, (string | null)[], string]>([
    ["not_null", expectation("not_null", { columns: ["v"] }), ["1", "1", "3"], "expected: v is not null"],
    ["unique", expectation("unique", { columns: ["id"] }), ["1", "2", "3"], "expected: id is unique"],
    [
      "in_set",
      expectation("in_set", { columns: ["v"], values: ["a", "c"] }),
      ["1", "1", "2"],
      "expected: v is one of a, c",
    ],
    [
      "in_set of numbers",
      expectation("in_set", { columns: ["id"], values: [1, 2] }),
      ["1", "1", "2"],
      "expected: id is one of 1, 2",
    ],
    ["range", expectation("range", { columns: ["id"], max: 2 }), ["1", "1", "2"], "expected: id is at most 2"],
    [
      "range of dates",
      expectation("range", { columns: ["at"], min: "2020-01-01" }),
      ["1", "1", "2"],
      "expected: at is at least 2020-01-01",
    ],
    [
      "regex",
      expectation("regex", { columns: ["v"], pattern: "^[a-z]$" }),
      ["1", "1", "2"],
      "expected: v matches ^[a-z]$",
    ],
    [
      "length",
      expectation("length", { columns: ["v"], max: 1 }),
      ["1", "1", "2"],
      "expected: the length of v is at most 1",
    ],
    ["sql", expectation("sql", { sql: "id < 3 AND v <> 'x'", name: "small" }), ["1", "1"], "expected: small"],
    ["row_count", expectation("row_count", { max: 3 }), [], "expected: the number of rows is at most 3"],
    [
      "fresh",
      expectation("fresh", { columns: ["at"], within: "6 hours" }),
      [],
      "expected: the newest at is not older than 6 hours",
    ],
  ])("%s", async (_name, item, kept, reason) => {
    const outcome = await load(content, [item]);
    expect(outcome.file.error).toBeUndefined();
    expect(outcome.kept).toEqual(kept);
    expect(outcome.file).toMatchObject({ rowsRead: 4, rowsLoaded: kept.length, rowsQuarantined: 4 - kept.length });
    const rows = await refused();
    expect(new Set(rows.map((row) => row[2]))).toEqual(new Set([reason]));
    expect(rows.every(([record, , , text]) => content.split("\n")[Number(record)] === text)).toBe(true);
  });

  it("keeps the balance with rows that do not fit their type, and names every reason", async () => {
    const items = [expectation("range", { columns: ["id"], min: 2 }), expectation("not_null", { columns: ["v"] })];
    const { file, kept } = await load("id,v,at\nx,a,\n1,,\n2,b,\n3,,\n", items);
    expect([file.rowsLoaded, file.rowsQuarantined, kept]).toEqual([1, 3, ["2"]]);
    expect((await refused()).map((row) => row[2])).toEqual([
      'value "x" is no whole number (BIGINT)',
      "expected: id is at least 2; expected: v is not null",
      "expected: v is not null",
    ]);
  });

  it("looks for a repeated value in the whole table, and for the first good row of the file", async () => {
    const items = [expectation("unique", { columns: ["id"] }), expectation("not_null", { columns: ["v"] })];
    await load("id,v,at\n1,,\n1,b,\n1,c,\n", items);
    expect((await refused()).map((row) => row[0])).toEqual(["1", "3"]);
    lab.sources = [{ ...(lab.sources[0] ?? source("t")), path: ["*.csv"] }];
    lab.write("t2.csv", "id,v,at\n1,d,\n2,e,\n");
    await lab.ingest();
    expect(await lab.rows("SELECT id, v FROM raw.t ORDER BY id")).toEqual([
      ["1", "b"],
      ["2", "e"],
    ]);
  });

  it("finds the file among many small ones", async () => {
    lab.sources = [
      source("t", { path: ["t*.csv"], expectations: [expectation("range", { columns: ["id"], max: 100 })] }),
    ];
    for (let i = 0; i < 20; i++) lab.write(`t${i}.csv`, `id\n${i === 13 ? 1000 : i}\n${200 - i * 8}\n`);
    const { files } = await lab.ingest();
    const sum = (of: (file: (typeof files)[number]) => number) => files.reduce((total, file) => total + of(file), 0);
    expect([files.length, sum((f) => f.rowsRead), sum((f) => f.rowsLoaded), sum((f) => f.rowsQuarantined)]).toEqual([
      20, 40, 26, 14,
    ]);
  });
});

describe("other severities", () => {
  it("warn loads everything and says so", async () => {
    const { file, kept } = await load(content, [
      expectation("unique", { columns: ["id"], severity: "warn" }),
      expectation("row_count", { min: 10, severity: "warn" }),
    ]);
    expect(kept).toHaveLength(4);
    expect(file.warnings?.map(({ text }) => text)).toEqual([
      "id is unique: 1 row is not so",
      "the number of rows is at least 10, but there are 4",
    ]);
    expect(lab.events.filter(({ type }) => type === "expectation")).toHaveLength(2);
  });

  it("fail loads nothing and leaves earlier rows alone", async () => {
    await load(content, []);
    const { file } = await load(`${content.replace("c,", "d,")}5,e,\n`, [
      expectation("not_null", { columns: ["at"], severity: "fail" }),
    ]);
    expect(file.error).toMatchObject({ code: "ING-017" });
    expect(await lab.rows("SELECT count(*) FROM raw.t")).toEqual([["4"]]);
  });

  it("names an expectation that cannot be checked", async () => {
    for (const severity of ["quarantine", "warn", "fail"] as const) {
      const { file } = await load(content, [expectation("range", { columns: ["nope"], min: 1, severity })]);
      expect(file.error).toMatchObject({ code: "ING-018" });
    }
  });
});
