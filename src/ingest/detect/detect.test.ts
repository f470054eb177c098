import { appendFileSync, copyFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab([source("orders", { columns: columns({ id: "BIGINT", qty: "BIGINT" }) })]).open();
});
afterEach(async () => {
  await lab.close();
});

const reasons = async (options = {}) =>
  (await lab.plan(options)).changes.map(({ name, action, reason }) => `${name} ${action} ${reason}`);
const ids = async () => (await lab.rows("SELECT id FROM raw.orders ORDER BY id")).map(([id]) => Number(id));
/** Lets file times move on, as they do between two deliveries. */
const later = () => sleep(60);

describe("detectChanges", () => {
  it("changes nothing and needs no database", async () => {
    lab.write("orders.csv", "id,qty\n1,1\n");
    const plan = await lab.plan({ database: undefined });
    expect(plan.changes).toMatchObject([{ action: "load", reason: "new", newRows: 1, totalRows: 1, table: "orders" }]);
    expect(JSON.parse(JSON.stringify(plan)).changes[0].explain).toBe("orders.csv is new.");
    expect(await lab.rows("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = '_labs'")).toEqual([["0"]]);
  });

  it("loads a file once", async () => {
    lab.write("orders.csv", "id,qty\n1,1\n2,2\n");
    await later();
    expect((await lab.ingest()).rowsLoaded).toBe(2);
    const again = await lab.ingest();
    expect([again.plan.changes, again.plan.unchanged, again.files]).toEqual([[], 1, []]);
    expect(await reasons({ verify: true })).toEqual(["orders.csv record unchanged"]);
    expect(await ids()).toEqual([1, 2]);
  });

  it("loads only the tail of a file that grew", async () => {
    const path = lab.write("orders.csv", "id,qty\n1,1\n2,2\n");
    await lab.ingest();
    appendFileSync(path, '3,3\n"4",x\n5,5');
    const { files } = await lab.ingest();
    expect(files).toMatchObject([
      { action: "append", reason: "appended", rowsRead: 3, rowsLoaded: 2, rowsQuarantined: 1, rowsReplaced: 0 },
    ]);
    expect(await lab.rows("SELECT file, record, column_name, row_text FROM quarantine.orders")).toEqual([
      ["orders.csv", "4", "qty", '"4",x'],
    ]);
    expect(await ids()).toEqual([1, 2, 3, 5]);
  });

  it("loads a file again whose last row was incomplete", async () => {
    const path = lab.write("orders.csv", "id,qty\n1,1\n2,2");
    await lab.ingest();
    appendFileSync(path, "00\n3,3\n");
    expect(await reasons()).toEqual(["orders.csv replace appended"]);
    await lab.ingest();
    expect(await lab.rows("SELECT id, qty FROM raw.orders ORDER BY id")).toEqual([
      ["1", "1"],
      ["2", "200"],
      ["3", "3"],
    ]);
  });

  it("finds an edit of the same length with the old time put back", async () => {
    const path = lab.write("orders.csv", "id,qty\n1,1\n2,2\n");
    await lab.ingest();
    const { atime, mtime } = statSync(path);
    lab.write("orders.csv", "id,qty\n1,1\n7,2\n");
    utimesSync(path, atime, mtime);
    expect(await reasons()).toEqual(["orders.csv replace same-length change"]);
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 2, rowsReplaced: 2 }]);
    expect(await ids()).toEqual([1, 7]);
  });

  it("replaces the rows of a changed or shrunken file, and of no other", async () => {
    lab.write("orders_a.csv", "id,qty\n1,1\n2,2\n");
    lab.write("orders_b.csv", "id,qty\n10,1\n");
    await lab.ingest();
    lab.write("orders_a.csv", "id,qty\n3,1\n");
    expect(await reasons()).toContain("orders_a.csv replace shrunk");
    await lab.ingest();
    expect(await ids()).toEqual([3, 10]);
    lab.write("orders_a.csv", "id,qty\n4,1\n5,1\n6,6\n");
    expect(await reasons()).toContain("orders_a.csv replace changed");
    await lab.ingest();
    expect(await ids()).toEqual([4, 5, 6, 10]);
  });

  it("knows a renamed file, also one that grew meanwhile", async () => {
    const path = lab.write("orders_1.csv", "id,qty\n1,1\n");
    await lab.ingest();
    renameSync(path, join(lab.raw, "orders_2.csv"));
    expect((await lab.ingest()).files).toMatchObject([{ outcome: "recorded", reason: "renamed" }]);
    renameSync(join(lab.raw, "orders_2.csv"), join(lab.raw, "orders_3.csv"));
    appendFileSync(join(lab.raw, "orders_3.csv"), "2,2\n");
    expect((await lab.ingest()).files).toMatchObject([{ action: "append", reason: "appended", rowsLoaded: 1 }]);
    expect(await ids()).toEqual([1, 2]);
    expect(await lab.rows("SELECT file, state FROM _labs.files")).toEqual([["orders_3.csv", "loaded"]]);
  });

  it("loads equal content once, and the repetition when the first file changes", async () => {
    lab.write("orders_1.csv", "id,qty\n1,1\n");
    lab.write("orders_2.csv", "id,qty\n1,1\n");
    const { files } = await lab.ingest();
    expect(files.map(({ outcome, reason }) => `${outcome} ${reason}`)).toEqual(["loaded new", "recorded duplicate"]);
    expect(await ids()).toEqual([1]);
    lab.write("orders_1.csv", "id,qty\n2,2\n");
    await lab.ingest();
    expect(await ids()).toEqual([1, 2]);
  });

  it("loads equal content once in each folder that says something of its rows, and says that it makes no column", async () => {
    lab.sources = [source("orders", { path: ["*/**/*.csv"] })];
    for (const name of ["region=EU/a.csv", "region=US/a.csv", "region=US/b.csv"]) lab.write(name, "id,qty\n1,1\n");
    const { files } = await lab.ingest();
    expect(files.map(({ file, reason }) => [file, reason]).sort()).toEqual([
      ["region=EU/a.csv", "new"],
      ["region=US/a.csv", "new"],
      ["region=US/b.csv", "duplicate"],
    ]);
    expect(await ids()).toEqual([1, 1]);
    expect((await lab.ingest()).files).toEqual([]);
    rmSync(join(lab.raw, "region=US/a.csv"));
    await lab.ingest();
    expect(await ids()).toEqual([1, 1]);
    const told = lab.events.filter((event) => event.type === "note").map(({ text }) => text);
    expect(told).toEqual([expect.stringMatching(/`region=(EU|US)`.*lineage: true/)]);
  });

  it("keeps equal content once when a file becomes a copy of another one", async () => {
    lab.write("orders_1.csv", "id,qty\n1,1\n");
    const path = lab.write("orders_2.csv", "id,qty\n2,2\n3,3\n");
    await lab.ingest();
    copyFileSync(join(lab.raw, "orders_1.csv"), path);
    expect((await lab.ingest()).files).toMatchObject([
      { file: "orders_2.csv", outcome: "recorded", reason: "duplicate", rowsLoaded: 0, rowsReplaced: 2 },
    ]);
    expect(await ids()).toEqual([1]);
    expect(await lab.rows("SELECT state, rows FROM _labs.files ORDER BY file")).toEqual([
      ["loaded", "1"],
      ["duplicate", "1"],
    ]);
    lab.write("orders_1.csv", "id,qty\n4,4\n");
    await lab.ingest();
    expect(await ids()).toEqual([1, 4]);
  });

  it("lets older rows of a merge win again when their newer file becomes a copy", async () => {
    lab.sources = [source("orders", { mode: "merge", key: ["id"], columns: columns({ id: "BIGINT", qty: "BIGINT" }) })];
    lab.write("orders_1.csv", "id,qty\n1,10\n");
    await later();
    const path = lab.write("orders_2.csv", "id,qty\n1,20\n2,20\n");
    await lab.ingest();
    copyFileSync(join(lab.raw, "orders_1.csv"), path);
    await lab.ingest();
    expect(await lab.rows("SELECT id, qty FROM raw.orders ORDER BY ALL")).toEqual([["1", "10"]]);
  });

  it("takes a file's rows along when it was moved over another one and grew", async () => {
    const path = lab.write("orders_1.csv", "id,qty\n1,1\n");
    lab.write("orders_2.csv", "id,qty\n2,2\n3,3\n");
    await later();
    await lab.ingest();
    renameSync(path, join(lab.raw, "orders_2.csv"));
    appendFileSync(join(lab.raw, "orders_2.csv"), "5,5\n6,6\n");
    expect((await lab.ingest()).files).toMatchObject([{ file: "orders_2.csv", rowsLoaded: 3, rowsReplaced: 3 }]);
    expect(await ids()).toEqual([1, 5, 6]);
    expect(await lab.rows("SELECT file, state FROM _labs.files")).toEqual([["orders_2.csv", "loaded"]]);
  });

  it("takes a file's rows along when it is moved over another one", async () => {
    const path = lab.write("orders_1.csv", "id,qty\n1,1\n");
    lab.write("orders_2.csv", "id,qty\n2,2\n3,3\n");
    await later();
    await lab.ingest();
    renameSync(path, join(lab.raw, "orders_2.csv"));
    expect((await lab.ingest()).files).toMatchObject([
      { file: "orders_2.csv", outcome: "loaded", rowsLoaded: 1, rowsReplaced: 3 },
    ]);
    expect(await ids()).toEqual([1]);
    expect(await lab.rows("SELECT file, state FROM _labs.files")).toEqual([["orders_2.csv", "loaded"]]);
    // The same when the first file went long before.
    lab.write("orders_3.csv", "id,qty\n4,4\n");
    await lab.ingest();
    rmSync(join(lab.raw, "orders_3.csv"));
    await lab.ingest();
    lab.write("orders_2.csv", "id,qty\n4,4\n");
    await lab.ingest();
    expect(await ids()).toEqual([4]);
  });

  it("does not load a repetition again when the first file is removed", async () => {
    const path = lab.write("orders_1.csv", "id,qty\n1,1\n");
    lab.write("orders_2.csv", "id,qty\n1,1\n");
    await later();
    await lab.ingest();
    rmSync(path);
    expect((await lab.ingest()).files).toMatchObject([
      { file: "orders_2.csv", outcome: "recorded", reason: "renamed" },
    ]);
    expect(await ids()).toEqual([1]);
    expect(await lab.rows("SELECT file, state FROM _labs.files")).toEqual([["orders_2.csv", "loaded"]]);
    expect((await lab.ingest({ verify: true })).rowsLoaded).toBe(0);
  });

  it("keeps the rows of a removed file, and takes them out in the mode replace", async () => {
    const path = lab.write("orders.csv", "id,qty\n1,1\n");
    lab.write("orders_2.csv", "id,qty\n2,1\n");
    await lab.ingest();
    rmSync(path);
    expect(await reasons()).toContain("orders.csv record removed");
    await lab.ingest();
    expect(await ids()).toEqual([1, 2]);
    rmSync(join(lab.raw, "orders_2.csv"));
    lab.sources = [
      source("orders", { mode: "replace", ...(lab.sources[0]?.columns && { columns: lab.sources[0].columns }) }),
    ];
    await lab.ingest();
    expect(await ids()).toEqual([1]);
  });

  it("leaves files alone that are being written or hidden", async () => {
    for (const name of ["orders.csv.part", "orders.tmp", ".orders.csv", "~$orders.csv", "orders.csv.crdownload"]) {
      lab.write(name, "id,qty\n1,1\n");
    }
    lab.sources = [source("orders", { path: ["*orders*"] })];
    expect(await reasons()).toEqual([]);
  });

  it("waits for a file that is still growing, and only for that one", async () => {
    const path = lab.write("orders_grows.csv", "id,qty\n1,1\n");
    lab.write("orders_stands.csv", "id,qty\n2,2\n");
    const writer = setInterval(() => appendFileSync(path, "3,3\n"), 20);
    try {
      const found = await reasons({ settleMs: 250 });
      expect(found.sort()).toEqual(["orders_grows.csv wait unsettled", "orders_stands.csv load new"]);
    } finally {
      clearInterval(writer);
    }
  });

  it("waits longer for a last line without an end, and takes it when nobody goes on writing", async () => {
    const path = lab.write("orders_half.csv", "id,qty\n1,1\n2,");
    lab.write("orders_whole.csv", "id,qty\n3,3\n");
    const writer = sleep(300).then(() => appendFileSync(path, "25\n"));
    const found = await reasons({ settleMs: 150 });
    await writer;
    expect(found.sort()).toEqual(["orders_half.csv wait unsettled", "orders_whole.csv load new"]);
    lab.write("orders_half.csv", "id,qty\n1,1\n2,25");
    expect(await reasons({ settleMs: 50 })).toContain("orders_half.csv load new");
  });

  it("makes a source of every file when none is declared", async () => {
    lab.sources = [];
    lab.write("Sales Data (1).csv", "a,b\n1,2\n");
    lab.write("2024.tsv", "a\tb\n1\t2\n");
    lab.write("notes.md", "no data");
    await lab.ingest();
    expect(
      await lab.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'raw' ORDER BY 1"),
    ).toEqual([["_2024"], ["sales_data_1"]]);
  });

  it("names files that no source claims", async () => {
    lab.write("other.csv", "a\n1\n");
    expect((await lab.plan()).unclaimed).toEqual(["other.csv"]);
  });
});
