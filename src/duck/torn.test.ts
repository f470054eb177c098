import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { isTornDatabase } from "./torn.ts";

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "labs-torn-"));
  await (await openDatabase(join(root, "whole.duckdb"))).close();
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("a database file whose creation was cut short", () => {
  it.each([0, 12, 4095, 4096, 8192, 12_287])("after %i bytes is created again", async (size) => {
    const path = join(root, `cut-${size}.duckdb`);
    copyFileSync(join(root, "whole.duckdb"), path);
    truncateSync(path, size);
    await expect(openDatabase(path, { readOnly: true })).rejects.toMatchObject({ code: "DUCK-001" });
    expect(isTornDatabase(path)).toBe(true);
    const database = await openDatabase(path);
    const connection = await database.connect();
    await connection.run("CREATE TABLE t AS SELECT 42 AS x");
    await database.close();
    expect(isTornDatabase(path)).toBe(false);
  });

  it("is an error, and no endless loop, when the disk has no room for a new one either", () => {
    const path = join(root, "full.duckdb");
    const program = `
      import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, "database.ts"))};
      await openDatabase(${JSON.stringify(path)}).catch((error) => process.stdout.write(error.code));`;
    // No file may grow beyond three kilobytes.
    const words = [
      `trap '' XFSZ; ulimit -f 3; exec "$@"`,
      "bash",
      process.execPath,
      "--input-type=module",
      "-e",
      program,
    ];
    const { stdout } = spawnSync("bash", ["-c", ...words], { encoding: "utf8", timeout: 60_000 });
    expect(stdout).toBe("DUCK-001");
  });

  it("is not confused with somebody's small file, which stays as it is", async () => {
    const path = join(root, "notes.duckdb");
    writeFileSync(path, "id,qty\n1,2\n3,4\n");
    await expect(openDatabase(path)).rejects.toMatchObject({ code: "DUCK-001" });
    expect(readFileSync(path, "utf8")).toBe("id,qty\n1,2\n3,4\n");
  });

  it("is not confused with a whole, empty database", () => {
    expect(isTornDatabase(join(root, "whole.duckdb"))).toBe(false);
  });
});
