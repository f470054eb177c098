import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";
import { workbook } from "../testing/xlsx.ts";
import { dropQuarantine } from "./drop.ts";
import { exportQuarantine } from "./export.ts";
import { readFixes } from "./fixes.ts";
import { replayQuarantine } from "./replay.ts";
import { quarantinedRows, quarantineSummary } from "./select.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab([source("t", { columns: columns({ id: "BIGINT", v: "VARCHAR" }) })]).open();
});
afterEach(async () => {
  await lab.close();
});

const content = 'v,id\na,1\n"b,\n2",x\nc,2,3\nd,y\n';
/** Loaded plus quarantined plus dropped is what the files have; and what the ledger says is what there is. */
async function requireBalance(rows: number) {
  const sums = await lab.rows(
    "SELECT sum(rows_read), sum(rows_loaded), sum(rows_quarantined), sum(coalesce(rows_dropped, 0)) FROM _labs.loads WHERE outcome = 'loaded'",
  );
  const [read, loaded, quarantined, dropped] = (sums[0] ?? []).map(Number);
  expect([read, (loaded ?? 0) + (quarantined ?? 0) + (dropped ?? 0)]).toEqual([rows, rows]);
  expect(await lab.rows("SELECT (SELECT count(*) FROM _labs.raw_t), (SELECT count(*) FROM quarantine.t)")).toEqual([
    [String(loaded), String(quarantined)],
  ]);
}

describe("quarantine", () => {
  it("lists by kind of reason and shows rows as they came", async () => {
    lab.write("t.csv", content);
    await lab.ingest();
    expect(await quarantineSummary(lab.connection)).toMatchObject([
      { table: "t", reason: "value … is no whole number (BIGINT)", rows: 2, files: 1 },
      { table: "t", reason: "too many fields: 3 instead of 2", rows: 1 },
    ]);
    expect((await quarantinedRows(lab.connection, { records: [2] }))[0]).toMatchObject({
      file: "t.csv",
      column: "id",
      row: '"b,\n2",x',
    });
    expect(await quarantinedRows(lab.connection, {}, 2)).toHaveLength(2);
    expect(await quarantinedRows(lab.connection, { tables: ["other"] })).toEqual([]);
  });

  it("finds rows by the name that their file has now, and by the one it had", async () => {
    lab.sources = [source("t", { path: ["*.csv"], columns: columns({ id: "BIGINT", v: "VARCHAR" }) })];
    lab.write("t.csv", content);
    await lab.ingest();
    renameSync(join(lab.raw, "t.csv"), join(lab.raw, "renamed.csv"));
    await lab.ingest();
    for (const [file, rows] of [
      ["renamed.csv", 3],
      ["t.csv", 3],
      ["other.csv", 0],
    ] as const) {
      expect(await quarantinedRows(lab.connection, { file })).toHaveLength(rows);
    }
    const sources = [source("t", { path: ["*.csv"], columns: columns({ id: "VARCHAR", v: "VARCHAR" }) })];
    expect(await replayQuarantine(lab.connection, { sources, filter: { file: "renamed.csv" } })).toMatchObject([
      { loaded: 2 },
    ]);
  });

  it("loads rows that fit after the contract has changed", async () => {
    lab.write("t.csv", content);
    await lab.ingest();
    const sources = [source("t", { columns: columns({ id: "VARCHAR", v: "VARCHAR" }), lineage: true })];
    const results = await replayQuarantine(lab.connection, { sources });
    expect(results).toMatchObject([
      { tried: 3, loaded: 2, refused: [{ record: 3, reason: "too many fields: 3 instead of 2" }] },
    ]);
    expect(await lab.rows("SELECT id, v, _row FROM raw.t ORDER BY _row NULLS FIRST")).toEqual([
      ["1", "a", null],
      ["x", "b,\n2", "2"],
      ["y", "d", "4"],
    ]);
    await requireBalance(4);
  });

  it("loads rows that somebody has corrected in an exported file, and takes them out again with their file", async () => {
    lab.write("t.csv", content);
    await lab.ingest();
    const file = join(lab.root, "out.csv");
    expect(await exportQuarantine(lab.connection, {}, file)).toBe(3);
    const rows = parse(readFileSync(file, "utf8"), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => row["row"])).toEqual(['"b,\n2",x', "c,2,3", "d,y"]);
    // As a spreadsheet saves it: other delimiter, everything quoted, one row left out, one still wrong.
    const saved = [
      ["table", "file", "record", "load", "row"],
      ...rows
        .slice(0, 2)
        .map((row, i) => [row["table"], row["file"], row["record"], row["load"], i === 0 ? '"b,\n2",22' : "c,zwei"]),
    ];
    writeFileSync(
      file,
      `\ufeff${saved.map((row) => row.map((text) => `"${text?.replaceAll('"', '""')}"`).join(";")).join("\r\n")}\r\n`,
    );
    const results = await replayQuarantine(lab.connection, { sources: lab.sources, fixes: readFixes(file) });
    expect(results).toMatchObject([
      { tried: 2, loaded: 1, refused: [{ record: 3, reason: 'value "zwei" is no whole number (BIGINT)' }] },
    ]);
    expect(await lab.rows("SELECT id, v FROM raw.t ORDER BY id")).toEqual([
      ["1", "a"],
      ["22", "b,\n2"],
    ]);
    // What is still wrong is kept as it came.
    expect((await quarantinedRows(lab.connection)).map(({ row }) => row)).toEqual(["c,2,3", "d,y"]);
    await requireBalance(4);
    lab.write("t.csv", "v,id\nz,9\n");
    await lab.ingest();
    expect(await lab.rows("SELECT id, v FROM raw.t")).toEqual([["9", "z"]]);
    await requireBalance(1);
  });

  it("keeps the order of arrival in a merge, and expectations", async () => {
    const merge = { mode: "merge" as const, key: ["id"], columns: columns({ id: "BIGINT", n: "BIGINT" }) };
    lab.sources = [source("t", merge)];
    lab.write("t1.csv", "id,n\n1,x\n2,y\n");
    await lab.ingest();
    lab.write("t2.csv", "id,n\n1,5\n");
    await lab.ingest();
    const fixes = [
      { table: "t", load: 1, record: 1, row: "1,3" },
      { table: "t", load: 1, record: 2, row: "2,4" },
    ];
    await replayQuarantine(lab.connection, { sources: lab.sources, fixes });
    expect(await lab.rows("SELECT id, n FROM raw.t ORDER BY id")).toEqual([
      ["1", "5"],
      ["2", "4"],
    ]);
    await requireBalance(3);
  });

  it("drops rows and remembers how many", async () => {
    lab.write("t.csv", content);
    await lab.ingest();
    expect(await dropQuarantine(lab.connection, { records: [2, 4] })).toBe(2);
    await requireBalance(4);
    expect(await lab.rows("SELECT rows_dropped FROM _labs.loads")).toEqual([["2"]]);
  });

  it("replays JSON, workbooks and Parquet", async () => {
    const first = { columns: columns({ id: "BIGINT", v: "VARCHAR" }) };
    await lab.connection.run(`COPY (SELECT * FROM (VALUES (1.5, 'p')) x(id, v)) TO '${join(lab.raw, "p.parquet")}'`);
    lab.write("j.json", '{"id":"a","v":"j"}\n{"id":2}\n');
    lab.write(
      "e.xlsx",
      workbook({
        S: [
          ["v", "id"],
          ["e", "b"],
          ["f", 3],
        ],
      }),
    );
    const make = (more: Parameters<typeof source>[1]) => [
      source("p", { path: ["p.parquet"], format: "parquet", ...more }),
      source("j", { path: ["j.json"], format: "json", ...more }),
      source("e", { path: ["e.xlsx"], format: "excel", ...more }),
    ];
    lab.sources = make(first);
    expect((await lab.ingest()).rowsQuarantined).toBe(3);
    const results = await replayQuarantine(lab.connection, {
      sources: make({ columns: columns({ id: "VARCHAR", v: "VARCHAR" }) }),
    });
    expect(results.map(({ loaded }) => loaded)).toEqual([1, 1, 1]);
    const seen = [];
    for (const table of ["e", "j", "p"]) seen.push(...(await lab.rows(`SELECT id, v FROM raw.${table} ORDER BY id`)));
    expect(seen).toEqual([
      ["3", "f"],
      ["b", "e"],
      ["2", null],
      ["a", "j"],
      ["1.5", "p"],
    ]);
  });

  it("says why rows of a source that is gone cannot be replayed", async () => {
    lab.write("t.csv", content);
    await lab.ingest();
    await expect(replayQuarantine(lab.connection, { sources: [] })).rejects.toMatchObject({ code: "ING-020" });
  });
});
