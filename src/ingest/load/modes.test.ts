import { appendFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

/** Loads in the order of the calls: file times tick in milliseconds. */
async function deliver(name: string, content: string) {
  lab.write(name, content);
  await sleep(60);
  return lab.ingest();
}
const rows = (order = "1") => lab.rows(`SELECT * FROM raw.orders ORDER BY ${order}`);

describe("merge", () => {
  beforeEach(() => {
    lab.sources = [source("orders", { mode: "merge", key: ["id"] })];
  });

  it("keeps the row of each key that came last", async () => {
    await deliver("orders_1.csv", "id,v\n1,a\n2,b\n1,c\n");
    expect(await rows()).toEqual([
      ["1", "c"],
      ["2", "b"],
    ]);
    const { files } = await deliver("orders_2.csv", "id,v\n2,d\n3,e\n");
    expect(files).toMatchObject([{ rowsRead: 2, rowsLoaded: 2 }]);
    expect(await rows()).toEqual([
      ["1", "c"],
      ["2", "d"],
      ["3", "e"],
    ]);
  });

  it("lets an older row win again when the newer one's file is corrected", async () => {
    await deliver("orders_1.csv", "id,v\n1,a\n2,b\n");
    await deliver("orders_2.csv", "id,v\n1,z\n");
    await deliver("orders_2.csv", "id,v\n2,y\n");
    expect(await rows()).toEqual([
      ["1", "a"],
      ["2", "y"],
    ]);
  });

  it("takes the greatest value of order_by, whatever came last, and nulls last of all", async () => {
    lab.sources = [source("orders", { mode: "merge", key: ["id"], orderBy: "at" })];
    await deliver("orders_1.csv", "id,at,v\n1,2024-03-01,new\n2,2024-03-01,b\n3,,x\n");
    await deliver("orders_2.csv", "id,at,v\n1,2024-01-01,old\n2,,c\n3,2020-01-01,y\n");
    expect(await rows()).toEqual([
      ["1", "2024-03-01", "new"],
      ["2", "2024-03-01", "b"],
      ["3", "2020-01-01", "y"],
    ]);
  });

  it("loads the tail of a file that grew, keeps the rows of a removed one, and quarantines rows without a key", async () => {
    const first = "id,v\n1,a\n2,b\n";
    await deliver("orders_1.csv", first);
    appendFileSync(join(lab.raw, "orders_1.csv"), "1,c\n,d\n");
    expect((await lab.ingest()).files).toMatchObject([{ action: "append", rowsLoaded: 1, rowsQuarantined: 1 }]);
    rmSync(join(lab.raw, "orders_1.csv"));
    await lab.ingest();
    expect(await rows()).toEqual([
      ["1", "c"],
      ["2", "b"],
    ]);
    expect(await lab.rows("SELECT column_name, reason FROM quarantine.orders")).toEqual([
      ["id", "a value is missing that must not be"],
    ]);
  });

  it("merges by several columns, and refuses a key that is no column", async () => {
    lab.sources = [source("orders", { mode: "merge", key: ["a", "b"] })];
    await deliver("orders_1.csv", "a,b,v\n1,x,1\n1,y,2\n1,x,3\n");
    expect(await rows("b")).toEqual([
      ["1", "x", "3"],
      ["1", "y", "2"],
    ]);
    lab.sources = [source("orders", { mode: "merge", key: ["nope"] })];
    const { files } = await deliver("orders_2.csv", "a,b,v\n2,x,1\n");
    expect(files[0]?.error).toMatchObject({ code: "ING-010" });
  });

  it("can begin and end for a table that is there, without a new file", async () => {
    lab.sources = [source("orders")];
    await deliver("orders_1.csv", "id,v\n1,a\n1,b\n");
    lab.sources = [source("orders", { mode: "merge", key: ["id"] })];
    await lab.ingest();
    expect(await rows()).toEqual([["1", "b"]]);
    lab.sources = [source("orders", { lineage: true })];
    await lab.ingest();
    expect(await lab.rows("SELECT count(*), any_value(_file) FROM raw.orders")).toEqual([["2", "orders_1.csv"]]);
  });
});

describe("snapshot", () => {
  beforeEach(() => {
    lab.sources = [source("orders", { mode: "snapshot" })];
  });

  it("keeps every delivery with its time: changed, grown, repeated under another name", async () => {
    await deliver("orders.csv", "id,v\n1,a\n");
    expect((await lab.ingest()).files).toEqual([]);
    await deliver("orders.csv", "id,v\n1,b\n");
    appendFileSync(join(lab.raw, "orders.csv"), "2,c\n");
    expect((await lab.ingest()).files).toMatchObject([{ action: "load", reason: "appended", rowsLoaded: 2 }]);
    await deliver("orders_copy.csv", "id,v\n1,b\n2,c\n");
    const counts = await lab.rows("SELECT count(*), count(DISTINCT _loaded_at) FROM raw.orders");
    expect(counts).toEqual([["6", "4"]]);
  });

  it("knows a file under a new name, keeps the rows of a removed one, and survives a full refresh", async () => {
    await deliver("orders.csv", "id,v\n1,a\n");
    renameSync(join(lab.raw, "orders.csv"), join(lab.raw, "orders_old.csv"));
    await lab.ingest();
    rmSync(join(lab.raw, "orders_old.csv"));
    await deliver("orders.csv", "id,v\n1,b\n");
    await lab.ingest({ fullRefresh: true });
    expect(await lab.rows("SELECT id, v FROM raw.orders ORDER BY v")).toEqual([
      ["1", "a"],
      ["1", "b"],
    ]);
  });
});

describe("replace", () => {
  it("makes the table what the files that are there say", async () => {
    lab.sources = [source("orders", { mode: "replace" })];
    await deliver("orders_1.csv", "id,v\n1,a\n");
    await deliver("orders_2.csv", "id,v\n2,b\n");
    await deliver("orders_2.csv", "id,v\n3,c\n");
    rmSync(join(lab.raw, "orders_1.csv"));
    await lab.ingest();
    expect(await rows()).toEqual([["3", "c"]]);
  });
});

describe("lineage", () => {
  it("says file, row, load and time of every row, in every mode", async () => {
    for (const mode of ["append", "merge", "snapshot"] as const) {
      const name = `${mode}_t`;
      lab.sources = [source(name, { mode, key: ["id"], lineage: true })];
      await deliver(`${name}.csv`, "id,n\n1,1\n2,x\n3,3\n");
      lab.sources = [
        source(name, {
          mode,
          key: ["id"],
          lineage: true,
          columns: new Map([
            ["id", { type: "BIGINT", nullable: true }],
            ["n", { type: "BIGINT", nullable: true }],
          ]),
        }),
      ];
      await lab.ingest({ fullRefresh: true });
      const seen = await lab.rows(
        `SELECT id, _file, _row, _load_id LIKE 'run-%', _loaded_at IS NOT NULL FROM raw.${name} ORDER BY _row`,
      );
      expect(seen[0]).toEqual(["1", `${name}.csv`, "1", "true", "true"]);
      expect(seen.at(-1)).toEqual(["3", `${name}.csv`, "3", "true", "true"]);
    }
  });
});
