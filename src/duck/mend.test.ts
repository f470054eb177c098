import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "./connection.ts";
import { openDatabase } from "./database.ts";
import { DatabaseJournal } from "./journal.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "labs-mend-"));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const page = 4096;

/** Opens a database, does something with it, closes it. */
async function using<T>(path: string, action: (connection: Connection) => Promise<T>, config = {}): Promise<T> {
  const database = await openDatabase(path, { config });
  try {
    return await action(await database.connect());
  } finally {
    await database.close();
  }
}

/** A database of many tables, and some changes that are to be checkpointed. `size`: of its blocks, in bytes. */
async function make(path: string, size: number): Promise<void> {
  const create = (number: number) =>
    `CREATE TABLE t${number} AS SELECT range AS i, 'text ' || range AS s FROM range(50)`;
  const config = { default_block_size: String(size) };
  for (const numbers of [range(0, 60), range(60, 70), range(70, 75)])
    await using(path, (connection) => connection.run(numbers.map(create).join("; ")), config);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const changes = "DROP TABLE t7; INSERT INTO t8 SELECT * FROM t9; CREATE TABLE more AS SELECT 42 AS x";

/** Changes it and ends the checkpoint of that before its last step. `how` is SQL in front. */
async function abort(path: string, how: string): Promise<void> {
  const database = await openDatabase(path);
  const connection = await database.connect();
  await connection.run(`${how}; SET debug_checkpoint_abort = 'after_free_list_write'`);
  await expect(connection.run(`BEGIN; ${changes}; COMMIT; CHECKPOINT`)).rejects.toThrow("Checkpoint aborted");
  await database.close();
}

/** Every row of every table, as one text. */
const contentOf = (path: string): Promise<string> =>
  using(path, async (connection) => {
    const { rows } = await connection.query("SELECT table_name FROM duckdb_tables() ORDER BY 1");
    const content: string[] = [];
    for (const [name] of rows) content.push(`${name} ${(await connection.query(`FROM ${name} ORDER BY ALL`)).rows}`);
    return content.join("\n");
  });

/** Mixtures of two states of a file that differ in one block whose writing stopped after some of its pages. */
function* tornFiles(before: Buffer, after: Buffer, size: number): Generator<{ torn: Buffer; block: number }> {
  for (let block = 3 * page; block < before.length; block += size) {
    if (before.subarray(block, block + size).equals(after.subarray(block, block + size))) continue;
    for (let written = page; written < size; written += (size / 65_536) * page) {
      const torn = Buffer.from(after);
      before.copy(torn, block + written, block + written, block + size);
      if (!torn.equals(after)) yield { torn, block };
    }
  }
}

describe.each([65_536, 262_144])("a block of metadata of %i bytes whose writing was cut short", (size) => {
  it("is repaired where the log says that a checkpoint began", async () => {
    const path = join(root, `log-${size}.duckdb`);
    await make(path, size);
    const before = readFileSync(path);
    await abort(path, "SELECT 1");
    const after = readFileSync(path);
    const log = readFileSync(`${path}.wal`);
    const whole = await contentOf(path);
    let count = 0;
    for (const { torn, block } of tornFiles(before, after, size)) {
      const copy = join(root, `log-${size}-${count++}.duckdb`);
      writeFileSync(copy, torn);
      await expect(openDatabase(copy), "without the log").rejects.toMatchObject({
        code: "DUCK-001",
        message: expect.stringContaining(`in block at location ${block}`),
      });
      expect(readFileSync(copy).equals(torn)).toBe(true);
      writeFileSync(`${copy}.wal`, log);
      expect(await contentOf(copy)).toBe(whole);
      rmSync(copy);
    }
    expect(count).toBeGreaterThan(2);
  });

  it("is repaired where its journal says that it was not closed", async () => {
    const path = join(root, `journal-${size}.duckdb`);
    await make(path, size);
    const journal = DatabaseJournal.open(path);
    journal.wrote("main.t1");
    expect(journal.seal()).toBe(true);
    const whole = await contentOf(path);
    const before = readFileSync(path);
    // Large changes are not written to the log before they are checkpointed.
    await abort(path, "SET checkpoint_threshold = '1 byte'; SET auto_checkpoint_skip_wal_threshold = 1");
    expect(existsSync(`${path}.wal`)).toBe(false);
    const torn = tornFiles(before, readFileSync(path), size).next().value?.torn;
    writeFileSync(path, torn ?? "");
    expect(await contentOf(path)).toBe(whole);
  });

  it("is not repaired in a file that was closed: whatever damaged it, it was no checkpoint", async () => {
    const path = join(root, `closed-${size}.duckdb`);
    await make(path, size);
    const file = readFileSync(path);
    const byte = 3 * page + 100;
    file.writeUInt8(file.readUInt8(byte) ^ 1, byte);
    writeFileSync(path, file);
    const journal = DatabaseJournal.open(path);
    journal.wrote("main.t1");
    journal.seal();
    await expect(openDatabase(path)).rejects.toMatchObject({
      code: "DUCK-001",
      hint: expect.stringContaining("labs restore"),
    });
    expect(readFileSync(path).equals(file)).toBe(true);
  });
});
