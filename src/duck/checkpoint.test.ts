import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkpoint, writeBack } from "./checkpoint.ts";
import { openDatabase } from "./database.ts";

it("waits for a transaction that wrote, then writes the log into the file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "labs-checkpoint-"));
  const path = join(folder, "d.duckdb");
  const database = await openDatabase(path);
  try {
    const [writer, other] = [await database.connect(), await database.connect()];
    await writer.run("BEGIN; CREATE TABLE t AS SELECT 1 AS x");
    await expect(other.run("CHECKPOINT")).rejects.toThrow("other write transactions active");
    const done = checkpoint(other);
    await writer.run("COMMIT");
    await done;
    expect(statSync(`${path}.wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    await expect(checkpoint(other, "no such")).rejects.toMatchObject({ code: "DUCK-003" });
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it("writes the log back and leaves the settings as they were", async () => {
  const folder = mkdtempSync(join(tmpdir(), "labs-checkpoint-"));
  const path = join(folder, "d.duckdb");
  const database = await openDatabase(path);
  try {
    const connection = await database.connect();
    const setting = async () => (await connection.query("SELECT current_setting('disabled_compression_methods')")).rows;
    await connection.run("CREATE TABLE t AS SELECT 'text ' || range AS x FROM range(1000)");
    await writeBack(database);
    expect(statSync(`${path}.wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    expect(await setting()).toEqual([[""]]);
    await connection.run("SET GLOBAL disabled_compression_methods = 'rle'; INSERT INTO t VALUES ('more')");
    await writeBack(database);
    expect(await setting()).toEqual([["RLE"]]);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
