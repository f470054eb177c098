import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { source, TestLab } from "./testing/lab.ts";

const shared = join(import.meta.dirname, "../../../shared/data");

/** Every file of its own source, so that one database serves many files. */
let lab: TestLab;
let count = 0;
beforeAll(async () => {
  lab = await new TestLab().open();
});
afterAll(async () => {
  await lab.close();
});

async function load(content: string | Buffer, more: Parameters<typeof source>[1] = {}) {
  const name = `case_${++count}`;
  lab.sources = [source(name, { path: [`${name}.csv`], ...more })];
  lab.write(`${name}.csv`, content);
  const { files } = await lab.ingest();
  const [file] = files.filter((entry) => entry.source === name);
  if (!file) throw new Error("the file was not found");
  return { name, file };
}

/** What is in the table and in quarantine must be what the report says, and add up to the file. */
async function requireBalance({ name, file }: Awaited<ReturnType<typeof load>>, rowsInFile: number) {
  expect(file.error).toBeUndefined();
  const [loaded] = await lab.rows(`SELECT count(*) FROM raw.${name}`);
  const quarantine = await lab.rows(
    `SELECT 1 FROM duckdb_tables() WHERE schema_name = 'quarantine' AND table_name = '${name}'`,
  );
  const [rejected] = quarantine.length > 0 ? await lab.rows(`SELECT count(*) FROM quarantine.${name}`) : [["0"]];
  expect({ loaded: Number(loaded?.[0]), rejected: Number(rejected?.[0]) }).toEqual({
    loaded: file.rowsLoaded,
    rejected: file.rowsQuarantined,
  });
  expect(file.rowsLoaded + file.rowsQuarantined).toBe(file.rowsRead);
  expect(file.rowsRead).toBe(rowsInFile);
}

const cell = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "b c", "1", "-7", "3.25", "x,y", 'say "hi"', "two\nlines", "é", "ü;|", "'", ""),
  },
  {
    weight: 1,
    arbitrary: fc.string({ maxLength: 12, unit: "grapheme" }).map((text) => text.replaceAll(/[\0\r]/g, "")),
  },
);

/** A table, how it is written, and whether some rows have the wrong number of fields. */
const table = fc.record({
  width: fc.integer({ min: 2, max: 6 }),
  rows: fc.array(fc.array(cell, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 30 }),
  ragged: fc.array(fc.constantFrom(0, 0, 0, 0, 1, -1), { minLength: 30, maxLength: 30 }),
  delimiter: fc.constantFrom(",", ";", "\t", "|"),
  newline: fc.constantFrom("\n", "\r\n"),
  always: fc.boolean(),
  final: fc.boolean(),
});

const quote = (text: string, always: boolean, delimiter: string) =>
  always || text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

describe("accounting", () => {
  it("loads or quarantines every row, and loads what an independent reader reads", async () => {
    await fc.assert(
      fc.asyncProperty(table, async ({ width, rows, ragged, delimiter, newline, always, final }) => {
        const header = Array.from({ length: width }, (_, i) => `col${i}`);
        const lines = rows.map((row, i) => row.slice(0, width + (ragged[i] ?? 0)));
        const text =
          [header, ...lines]
            .map((row) => row.map((value) => quote(value, always, delimiter)).join(delimiter))
            .join(newline) + (final ? newline : "");
        const records: string[][] = parse(text, { delimiter, relax_column_count: true, skip_empty_lines: true });
        const outcome = await load(text, {
          dialect: { encoding: "utf-8", delimiter, quote: '"', escape: '"' },
          columns: new Map(header.map((name) => [name, { type: "VARCHAR", nullable: true }])),
        });
        await requireBalance(outcome, records.length - 1);
        // An empty field too many is a habit when all rows have it, and a shifted row when only some do.
        const trails = (record: string[]) => record.length === width + 1 && record[width] === "";
        const habit = records.slice(1).every(trails);
        const fits = (record: string[]) => record.length === width || (habit && trails(record));
        const expected = records.slice(1).flatMap((record) => (fits(record) ? [record.slice(0, width)] : []));
        const read = await lab.rows(`SELECT * FROM raw.${outcome.name}`);
        // Missing and empty are one in CSV.
        expect(read.map((row) => row.map((value) => value ?? ""))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the balance when values do not fit their types", async () => {
    const number = fc.constantFrom("1", "20", "-3", "1.5", "x", "", "9e2", "99999999999999999999", " 7 ", "1,5", "0.0");
    const date = fc.constantFrom("2024-01-31", "2024-02-30", "2024-01-31 10:00:00", "31/01/2024", "", "soon");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(number, date), { minLength: 1, maxLength: 20 }), async (rows) => {
        const text = `n,d\n${rows.map((row) => row.map((value) => quote(value, false, ",")).join(",")).join("\n")}\n`;
        const types = new Map([
          ["n", { type: "BIGINT", nullable: true }],
          ["d", { type: "DATE", nullable: true }],
        ]);
        const outcome = await load(text, { columns: types });
        const whole = (value: string) =>
          value === "" || (/^\s*-?\d+(\.0+)?\s*$/.test(value) && Math.abs(Number(value)) < 2 ** 63) || value === "9e2";
        const day = (value: string) => value === "" || value === "2024-01-31";
        await requireBalance(outcome, rows.length);
        expect(outcome.file.rowsLoaded).toBe(rows.filter(([n, d]) => whole(n) && day(d)).length);
      }),
      { numRuns: 40 },
    );
  });

  it("never loses a row of arbitrary text", async () => {
    const mess = fc.stringMatching(/^[a-c,;"\n\r 1.]{1,80}$/);
    await fc.assert(
      fc.asyncProperty(mess, async (body) => {
        const { file } = await load(`h1,h2\n${body}`);
        if (file.error) {
          // Refused as a whole, with a code: nothing may be in the table.
          expect(file.error.code).toMatch(/^ING-0(01|04|15|16)$/);
          expect(file.rowsLoaded).toBe(0);
        } else expect(file.rowsLoaded + file.rowsQuarantined).toBe(file.rowsRead);
      }),
      { numRuns: 60 },
    );
  });
});

describe.skipIf(!existsSync(shared))("collections of difficult files", () => {
  it("reads csv-spectrum as its JSON says", async () => {
    const folder = join(shared, "csv-spectrum");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".csv"))) {
      const expected = JSON.parse(readFileSync(join(folder, "json", file.replace(".csv", ".json")), "utf8")) as Record<
        string,
        string
      >[];
      const outcome = await load(readFileSync(join(folder, file)));
      await requireBalance(outcome, expected.length);
      const read = await lab.rows(`SELECT * FROM raw.${outcome.name}`);
      const wanted = expected.map((row) => Object.values(row));
      expect(
        read.map((row) => row.map((value) => value ?? "")),
        file,
      ).toEqual(wanted);
    }
  });

  it("balances every file of the Pollock sample: the right rows are loaded, the damaged one is quarantined", async () => {
    const folder = join(shared, "pollock-sample");
    for (const name of readdirSync(join(folder, "csv"))) {
      const content = readFileSync(join(folder, "csv", name));
      const found = await load(content);
      // A title above the header is no header; what the error advises is right.
      const above = name === "file_preamble.csv";
      if (above)
        expect(found.file.error).toMatchObject({ code: "ING-004", hint: expect.stringContaining("skip_lines: 2") });
      const { file } = above ? await load(content, { dialect: { encoding: "utf-8", skipLines: 2 } }) : found;
      if (name === "file_no_payload.csv") {
        expect(file.error?.code).toBe("ING-001");
        continue;
      }
      expect(file.error, name).toBeUndefined();
      expect(file.rowsLoaded + file.rowsQuarantined, name).toBe(file.rowsRead);
      // One row of these has a delimiter or quote too many or too few; row 55 happens to have nine fields without it.
      if (name.startsWith("row_") && name !== "row_less_sep_row55_col6.csv") {
        expect([name, file.rowsLoaded, file.rowsQuarantined]).toEqual([name, 82, 1]);
      }
    }
  });

  it("reads the undamaged files of the Pollock sample value by value", async () => {
    const folder = join(shared, "pollock-sample");
    const dialects = [
      "source",
      "file_escape_char_0x5C",
      "file_field_delimiter_0x9",
      "file_record_delimiter_0xD",
      "file_one_data_row",
    ];
    for (const name of dialects) {
      const clean: string[][] = parse(readFileSync(join(folder, "clean", `${name}.csv`)));
      const header = clean[0] ?? [];
      const text = new Map(header.map((column) => [column, { type: "VARCHAR", nullable: true }]));
      const outcome = await load(readFileSync(join(folder, "csv", `${name}.csv`)), { columns: text });
      await requireBalance(outcome, clean.length - 1);
      const read = await lab.rows(`SELECT * FROM raw.${outcome.name}`);
      expect(
        read.map((row) => row.map((value) => value ?? "")),
        name,
      ).toEqual(clean.slice(1));
    }
  });
});
