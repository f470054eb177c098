import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { columns, source, TestLab } from "../testing/lab.ts";
import { backupLab, listBackups, restoreLab } from "./backup.ts";
import { planPrune, prune } from "./prune.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab([source("t", { columns: columns({ id: "BIGINT", v: "VARCHAR" }) })]).open();
});
afterEach(async () => {
  await lab.close();
});

async function deliver(name: string, content: string) {
  lab.write(name, content);
  await sleep(60);
  return lab.ingest();
}
const age = (load: number, days: number) =>
  lab.connection.run(`UPDATE _labs.loads SET loaded_at = loaded_at - INTERVAL ${days} DAY WHERE load = ${load}`);
const ids = async () => (await lab.rows("SELECT id, v FROM raw.t ORDER BY id")).map((row) => row.join(""));
const daysAgo = (days: number) => Date.now() - days * 86_400_000;

describe("prune", () => {
  it("takes out loads by age, with their quarantined rows, and does not load their files again", async () => {
    await deliver("t1.csv", "id,v\n1,a\nx,b\n");
    await deliver("t2.csv", "id,v\n2,c\n");
    await age(1, 100);
    const plan = await planPrune(lab.connection, { before: daysAgo(90), sources: lab.sources });
    expect(plan).toMatchObject([{ load: 1, table: "t", file: "t1.csv", rows: 1, quarantined: 1, partly: false }]);
    expect(await ids()).toEqual(["1a", "2c"]);
    await prune(lab.connection, plan, lab.sources);
    expect(await ids()).toEqual(["2c"]);
    expect(await lab.rows("SELECT count(*) FROM quarantine.t")).toEqual([["0"]]);
    expect((await lab.ingest({ verify: true })).rowsLoaded).toBe(0);
    // What comes behind the pruned part is loaded, and a file that changes comes whole.
    appendFileSync(join(lab.raw, "t1.csv"), "3,d\n");
    await lab.ingest();
    expect(await ids()).toEqual(["2c", "3d"]);
    await deliver("t1.csv", "id,v\n4,e\n");
    expect(await ids()).toEqual(["2c", "4e"]);
  });

  it("by age leaves in a merge what still wins, and by load takes all of it", async () => {
    lab.sources = [source("t", { mode: "merge", key: ["id"], columns: columns({ id: "BIGINT", v: "VARCHAR" }) })];
    await deliver("t1.csv", "id,v\n1,a\n2,b\n");
    await deliver("t2.csv", "id,v\n1,c\n");
    await age(1, 100);
    const old = await planPrune(lab.connection, { before: daysAgo(90), sources: lab.sources });
    expect(old).toMatchObject([{ load: 1, rows: 1, partly: true }]);
    await prune(lab.connection, old, lab.sources);
    expect([await ids(), await lab.rows("SELECT count(*) FROM _labs.raw_t")]).toEqual([["1c", "2b"], [["2"]]]);
    await deliver("t3.csv", "id,v\n2,z\n");
    await prune(lab.connection, await planPrune(lab.connection, { loads: [3], sources: lab.sources }), lab.sources);
    expect(await ids()).toEqual(["1c", "2b"]);
  });
});

describe("backup and restore", () => {
  const backedUp = () => ({ name: "shop", paths: { database: lab.path } });

  it("copies, checks, and puts back; what was there is kept", async () => {
    await deliver("t1.csv", "id,v\n1,a\n");
    await lab.database.close();
    const { folder, manifest } = await backupLab(backedUp(), join(lab.root, "backups"), {
      now: new Date("2026-01-02T03:04:05Z"),
    });
    expect(manifest.tables.find(({ table }) => table === "_labs.raw_t")).toMatchObject({ rows: 1 });
    expect(listBackups(backedUp(), join(lab.root, "backups"))).toEqual([folder]);
    expect(folder.endsWith("shop-20260102T030405Z")).toBe(true);
    await lab.open();
    await deliver("t2.csv", "id,v\n2,b\n");
    await lab.database.close();
    const { kept } = await restoreLab(backedUp(), folder);
    await lab.open();
    expect(await ids()).toEqual(["1a"]);
    expect(existsSync(kept ?? "")).toBe(true);
    // The ledger went back too: the file is new again.
    await lab.ingest();
    expect(await ids()).toEqual(["1a", "2b"]);
  });

  it("refuses a backup that is damaged or of another lab, and changes nothing", async () => {
    await deliver("t1.csv", "id,v\n1,a\n");
    await lab.database.close();
    const { folder } = await backupLab(backedUp(), join(lab.root, "backups"));
    await expect(restoreLab({ ...backedUp(), name: "other" }, folder)).rejects.toMatchObject({ code: "ING-021" });
    const file = join(folder, "lab.duckdb");
    const bytes = readFileSync(file);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(restoreLab(backedUp(), folder)).rejects.toMatchObject({ code: "ING-021" });
    expect(readdirSync(lab.root).filter((name) => /before|restore/.test(name))).toEqual([]);
    await lab.open();
    expect(await ids()).toEqual(["1a"]);
    await expect(
      backupLab({ name: "x", paths: { database: join(lab.root, "none.duckdb") } }, lab.root),
    ).rejects.toMatchObject({ code: "ING-022" });
  });

  it("is consistent while another process writes", { timeout: 60_000 }, async () => {
    await lab.database.close();
    // Every transaction adds one row to each of two tables, now and then with a checkpoint: a copy with different counts is torn.
    const writer = spawn(process.execPath, [join(import.meta.dirname, "../testing/busy-writer.ts"), lab.path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    try {
      for (let i = 0; i < 5; i++) {
        const { folder, manifest } = await backupLab(backedUp(), join(lab.root, "backups"), {
          now: new Date(2026, 0, 1, 0, 0, i),
        });
        const rows = Object.fromEntries(manifest.tables.map((table) => [table.table, table.rows]));
        expect(rows["main.a"]).toBe(rows["main.b"]);
        expect(rows["main.a"]).toBeGreaterThan(0);
        const copy = await openDatabase(join(folder, "lab.duckdb"), { readOnly: true });
        const [sums] = (
          await (await copy.connect()).query("SELECT (SELECT sum(i) FROM main.a) = (SELECT sum(i) FROM main.b)")
        ).rows;
        await copy.close();
        expect(sums).toEqual([true]);
      }
    } finally {
      writer.stdin.end();
      await new Promise((resolve) => writer.once("close", resolve));
    }
    await lab.open();
  });
});
