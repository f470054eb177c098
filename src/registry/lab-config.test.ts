import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLabConfig } from "./lab-config.ts";
import { temporaryFolder } from "./testing/temporary.ts";

const read = (text: string) => readLabConfig(join(temporaryFolder({ "lab.yml": text }), "lab.yml"));

describe("readLabConfig", () => {
  it("fills in defaults", () => {
    const config = read("sources:\n  - name: orders\n    path: orders_*.csv\n");
    expect(config).toMatchObject({ exists: true, quality: {}, secrets: [] });
    expect(config.sources).toMatchObject([
      {
        name: "orders",
        table: "orders",
        path: ["orders_*.csv"],
        format: "csv",
        dialect: { encoding: "utf-8" },
        key: [],
        mode: "append",
        drift: "evolve",
        lineage: false,
        expectations: [],
        place: { line: 2, column: 5 },
      },
    ]);
    expect(config.sources[0]?.columns).toBeUndefined();
  });

  it("reads exports, each with a folder of its own", () => {
    const exports = (text: string) => read(`publish:\n  exports: ${text}\n`).publish.exports;
    expect(read("").publish.exports).toEqual([]);
    expect(exports("[parquet, { format: csv, to: ../share }]")).toMatchObject([
      { format: "parquet", to: "data/exports/parquet" },
      { format: "csv", to: "../share", place: { line: 2 } },
    ]);
    expect(() => exports("[excel]")).toThrow(expect.objectContaining({ code: "REG-005" }));
    expect(() => exports("[csv, { format: parquet, to: data/exports/csv }]")).toThrow(
      expect.objectContaining({ code: "REG-005" }),
    );
  });

  it("reads everything that a source can say", () => {
    const [source] = read(`
sources:
  - name: orders
    table: order_lines
    path: [a.csv, b.csv]
    delimiter: ";"
    quote: ""
    header: true
    encoding: latin-1
    null_values: [NA, "-"]
    date_format: "%d.%m.%Y"
    decimal_separator: ","
    columns:
      order_id: INTEGER
      amount: { type: "DECIMAL(12,2)", nullable: false }
    key: order_id
    mode: merge
    order_by: amount
    drift: freeze
    max_rejects: 1%
    lineage: true
    expectations:
      - { check: not_null, column: order_id, severity: fail }
      - { check: range, column: amount, min: 0 }
`).sources;
    expect(source).toMatchObject({
      table: "order_lines",
      path: ["a.csv", "b.csv"],
      dialect: { delimiter: ";", quote: "", encoding: "latin-1", nullValues: ["NA", "-"], decimalSeparator: "," },
      key: ["order_id"],
      mode: "merge",
      orderBy: "amount",
      maxRejects: { share: 0.01 },
      expectations: [
        { check: "not_null", columns: ["order_id"], severity: "fail" },
        { check: "range", columns: ["amount"], min: 0, severity: "warn" },
      ],
    });
    expect([...(source?.columns ?? [])]).toEqual([
      ["order_id", { type: "INTEGER", nullable: true }],
      ["amount", { type: "DECIMAL(12,2)", nullable: false }],
    ]);
  });

  it("takes a missing file and an empty one as a lab without sources", () => {
    expect(readLabConfig(join(temporaryFolder(), "lab.yml"))).toMatchObject({ exists: false, sources: [] });
    expect(read("# nothing yet\n")).toMatchObject({ exists: true, sources: [] });
    const empty = read("sources:\nschedule:\n");
    expect([empty.sources, empty.schedule]).toEqual([[], undefined]);
  });

  it("reads quality, schedule and secrets", () => {
    expect(
      read(`
quality:
  weights: { freshness: 0 }
  tables:
    gold.kpis: { key: [line], time_column: day, fresh_within: 2 days }
schedule: { cron: "0 6 * * 1-5", timezone: Europe/Berlin, missed: skip }
secrets: [ERP_TOKEN]
`),
    ).toMatchObject({
      quality: { weights: { freshness: 0 }, tables: { "gold.kpis": { fresh_within: "2 days" } } },
      schedule: { cron: "0 6 * * 1-5", missed: "skip" },
      secrets: ["ERP_TOKEN"],
    });
  });

  it("takes tables with any name, dots and quotes included", () => {
    const name = `gold.Odd "Table"; spaces.and.dots's`;
    const { expectations } = read(`quality:
  tables:
    ${JSON.stringify(name)}: { expectations: [{ check: relationship, column: 'a "b', to: 'gold.x.y' }] }
`);
    expect(expectations).toMatchObject([{ table: name, columns: ['a "b'], to: "gold.x.y" }]);
  });

  it("fills in what is expected of built tables", () => {
    const { expectations } = read(`quality:
  tables:
    gold.x:
      expectations:
        - { check: unique, column: [a, b] }
        - { check: relationship, column: a, to: gold.y, severity: warn }
        - { check: columns, columns: [a], blocking: false }
    gold.y: { expectations: [{ check: columns, columns: { a: INT, b: }, severity: warn, blocking: true }] }
`);
    expect(expectations).toMatchObject([
      { table: "gold.x", columns: ["a", "b"], severity: "error", blocking: true, place: { line: 5, column: 11 } },
      { check: "relationship", columns: ["a"], fields: ["a"], severity: "warn", blocking: false },
      { types: { a: null }, severity: "error", blocking: false },
      { table: "gold.y", types: { a: "INT", b: null }, blocking: true, place: { line: 8 } },
    ]);
  });

  const table = (item: string) => `quality: {tables: {gold.x: {expectations: [${item}]}}}\n`;
  const one = (more: string) => `sources:\n  - name: a\n    path: a.csv\n${more}`;
  it.each([
    ["source: []\n", 1, 1, /`source` is not a key at the top/, "sources"],
    ["sources:\n  - name: a\n    path: [a.csv, ../b/*.csv]\n", 3, 19, /`..\/b\/\*.csv` leads out/, "raw_data_path"],
    ["sources:\n  - name: a\n    path: /srv/a.csv\n", 3, 5, /leads out/, "raw_data_path"],
    [one("    delimter: x\n"), 4, 5, /`delimter` is not a key under sources\[0\]/, "delimiter"],
    ["sources:\n  - name: a\n", 2, 5, /sources\[0\] has no `path`/, "path"],
    [one("    mode: upsert\n"), 4, 5, /one of append, replace, merge, snapshot/, "append"],
    [one("    mode: merge\n"), 4, 5, /merges without a key/, "key"],
    [one("    columns: {x: INTEGER}\n    key: y\n"), 5, 5, /no column `y`/, "x"],
    [one("  - name: A\n    path: b.csv\n"), 4, 5, /two sources named `A`/, "Rename"],
    [one("  - name: b\n    table: a\n    path: b.csv\n"), 5, 5, /fill the table raw\.a/, "table"],
    [one("    expectations: [{check: range, column: x}]\n"), 4, 20, /check range has no `min`/, "min"],
    [one("    max_rejects: -1\n"), 4, 5, /at least 0/, "at least"],
    [one("    max_rejects: many\n"), 4, 5, /1%/, "1%"],
    [one("    header: yes please\n"), 4, 5, /true or false/, "true or false"],
    ["secrets: [not-a-name]\n", 1, 11, /environment variable/, "environment"],
    [table("{check: rnage, column: a, min: 1}"), 1, 45, /one of not_null/, "Did you mean `range`"],
    [table("{check: range, colum: a, min: 1}"), 1, 59, /`colum` is not a key/, "Did you mean `column`"],
    [table("{check: length, column: a}"), 1, 44, /check length has no `min`/, "min"],
    [table("{check: length, column: a, max: 2.5}"), 1, 71, /no whole number/, "10"],
    [table("{check: row_count, min: 9, max: 3}"), 1, 71, /`max` \(3\) is less than `min` \(9\)/, "Exchange"],
    [table("{check: not_null, column: a, values: [1]}"), 1, 73, /`values` means nothing/, "in_set"],
    [
      table("{check: relationship, column: [a, b], to: gold.y, field: c}"),
      1,
      94,
      /has 2 names and `field` 1/,
      "as many",
    ],
    [table("{check: unique, column: a, severity: quarantine}"), 1, 71, /one of warn, error/, "warn"],
    ["schedule: {cron: daily}\n", 1, 12, /five cron fields/, "30 6"],
    ["schedule: {every: 2 hours, cron: '* * * * *'}\n", 1, 12, /both/, "Keep one"],
    ["schedule: {cron: '61 * * * *'}\n", 1, 12, /`61 \* \* \* \*` is wrong: .*61/, "half past six"],
    ["schedule: {cron: [0 6 * * *, 0 0 31 2 *]}\n", 1, 30, /never comes/, "day and month"],
    ["schedule: {cron: 0 6 * * *, timezone: Mars/Base}\n", 1, 29, /no time zone named Mars\/Base/, "Europe/Berlin"],
    ["quality: {tables: {kpis: {}}}\n", 1, 20, /schema\.table/, "Rename"],
    [`quality: {tables: {'"gold"."kpis"': {}}}\n`, 1, 20, /without quotes/, "Rename"],
    ["quality: {recent_days: 0}\n", 1, 11, /at least 1/, "at least"],
    ["- a\n", 1, 1, /must be a mapping or empty/, "mapping"],
  ])("refuses %j", (text, line, column, message, hint) => {
    expect(() => read(text)).toThrow(message);
    try {
      read(text);
    } catch (error) {
      expect(error).toMatchObject({ exit: 2, place: { line, column }, hint: expect.stringContaining(hint) });
    }
  });

  it.each([
    ["flatten: true", "flatten"],
    ["sheet: One", "sheet"],
    ["order_by: at", "order_by"],
    ["columns: {id: BIGINT}\n    expectations: [{check: not_null, column: nope}]", "no column `nope`"],
  ])("refuses what would do nothing: %s", (line, message) => {
    expect(() => read(`sources:\n  - name: t\n    path: t.csv\n    ${line}\n`)).toThrow(message);
  });

  it("takes the format from the ending of the path, and times in any unit", () => {
    const formats = ["a.csv", "a.tsv.gz", "a*.ndjson.zst", "a.parquet", "A.XLSX", "a"].map(
      (path) => read(`sources:\n  - name: t\n    path: "${path}"\n    settle: 2 minutes\n`).sources[0],
    );
    expect(formats.map((source) => source?.format)).toEqual(["csv", "csv", "json", "parquet", "excel", "csv"]);
    expect(formats[0]?.settleMs).toBe(120_000);
  });
});
