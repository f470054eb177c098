import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab([source("t")]).open();
});
afterEach(async () => {
  await lab.close();
});

async function deliver(name: string, content: string) {
  lab.write(name, content);
  await sleep(60);
  return (await lab.ingest()).files[0];
}
const types = async () =>
  (
    await lab.rows(
      "SELECT data_type FROM information_schema.columns WHERE table_schema = 'raw' ORDER BY ordinal_position",
    )
  ).flat();
const rows = () => lab.rows("SELECT * FROM raw.t ORDER BY id");

describe("evolve", () => {
  it("widens whole numbers to fractions and dates to times, keeps what is wrong out, and says so", async () => {
    await deliver("t1.csv", "id,n,d\n1,5,2024-01-31\n");
    expect(await types()).toEqual(["BIGINT", "BIGINT", "DATE"]);
    const file = await deliver("t2.csv", "id,n,d\n2,1.5,2024-02-01 10:30:00\n3,2.25,2024-02-02\n4,x,\n");
    expect(file).toMatchObject({
      rowsLoaded: 2,
      rowsQuarantined: 1,
      widenedColumns: ["n (BIGINT → DOUBLE)", "d (DATE → TIMESTAMP)"],
    });
    expect(await types()).toEqual(["BIGINT", "DOUBLE", "TIMESTAMP"]);
    expect(await rows()).toEqual([
      ["1", "5", "2024-01-31 00:00:00"],
      ["2", "1.5", "2024-02-01 10:30:00"],
      ["3", "2.25", "2024-02-02 00:00:00"],
    ]);
    expect(lab.events.filter(({ type }) => type === "drift")).toMatchObject([
      { added: [], widened: file?.widenedColumns },
    ]);
    expect(await lab.rows("SELECT version, reason FROM _labs.contracts ORDER BY version")).toMatchObject([
      ["1", "proposed from the first load"],
      ["2", "t2.csv widened n (BIGINT → DOUBLE), d (DATE → TIMESTAMP)"],
    ]);
    // Never guessed twice: the next file is read by the wider contract at full speed.
    expect(await deliver("t3.csv", "id,n,d\n5,7,2024-03-01\n")).toMatchObject({ rowsLoaded: 1 });
  });

  it("widens together with a new column, in an added tail, and in JSON", async () => {
    await deliver("t1.csv", "id,n\n1,5\n");
    appendFileSync(join(lab.raw, "t1.csv"), "2,6.5\n");
    expect((await lab.ingest()).files).toMatchObject([{ action: "append", rowsLoaded: 1 }]);
    expect(await deliver("t2.csv", "id,n,more\n3.5,7,a\n")).toMatchObject({
      addedColumns: ["more"],
      widenedColumns: ["id (BIGINT → DOUBLE)"],
      rowsLoaded: 1,
    });
    lab.sources = [source("j", { path: ["j*.json"], format: "json" })];
    await deliver("j1.json", '[{"n":1}]');
    expect(await deliver("j2.json", '[{"n":1.5},{"n":"x"},{"n":2.5}]')).toMatchObject({
      rowsLoaded: 2,
      rowsQuarantined: 1,
    });
    expect(await lab.rows("SELECT n FROM raw.j ORDER BY n")).toEqual([["1"], ["1.5"], ["2.5"]]);
  });

  it("leaves declared columns, other policies, single mistakes and numbers that would lose digits alone", async () => {
    const first = "id,n\n1,5\n";
    for (const [more, second] of [
      [{ columns: columns({ id: "BIGINT", n: "BIGINT" }) }, "id,n\n2,1.5\n"],
      [{ drift: "freeze" as const }, "id,n\n2,1.5\n"],
      [{}, "id,n\n2,1.5\n3,x\n4,y\n"],
      [{}, "id,n\n2,9007199254740993\n3,1.5\n"],
    ] as const) {
      await lab.close();
      lab = await new TestLab([source("t", more)]).open();
      await deliver("t1.csv", second.includes("900") ? "id,n\n1,9007199254740993\n" : first);
      expect((await deliver("t2.csv", second))?.rowsQuarantined).toBeGreaterThan(0);
      expect(await types()).toEqual(["BIGINT", "BIGINT"]);
    }
  });
});

describe("columns that the contract does not get", () => {
  it.each(["discard_columns", "quarantine_rows"] as const)("%s is an event, too", async (drift) => {
    lab.sources = [source("t", { drift })];
    await deliver("t1.csv", "id\n1\n");
    await deliver("t2.csv", "id,more\n2,x\n");
    expect(lab.events.filter(({ type }) => type === "drift")).toMatchObject([{ ignored: ["more"], policy: drift }]);
  });
});
