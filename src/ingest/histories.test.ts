import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columns, source, TestLab } from "./testing/lab.ts";

/** Values without line ends beyond Latin-1, so that every encoding can hold them. */
const value = fc.oneof(
  fc.constantFrom(
    "a",
    "b c",
    "12",
    "x,y",
    'say "hi"',
    "two\nlines",
    "é",
    "ü;|",
    "'q'",
    "\\",
    "a\\b",
    "",
    "£ 5",
    "tab\there",
    "::",
  ),
  fc.string({ maxLength: 8, unit: fc.constantFrom(..."abc ,;'\"\t|:\\äß1") }),
);

describe("dialects and encodings", () => {
  const written = fc.record({
    width: fc.integer({ min: 2, max: 5 }),
    rows: fc.array(fc.array(value, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 12 }),
    delimiter: fc.constantFrom(",", ";", "\t", "|", "::"),
    quote: fc.constantFrom('"', "'"),
    backslash: fc.boolean(),
    newline: fc.constantFrom("\n", "\r\n"),
    encoding: fc.constantFrom("utf-8", "utf-8 with a mark", "utf-16le", "utf-16be", "latin-1"),
    packed: fc.constantFrom("no", "gzip", "zstd"),
    order: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
  });

  it("are read as an independent reader reads them, in any order of the columns", async () => {
    const lab = await new TestLab().open();
    let count = 0;
    try {
      await fc.assert(
        fc.asyncProperty(written, async (how) => {
          const { width, delimiter, quote, backslash, newline } = how;
          const escape = backslash ? "\\" : quote;
          const cell = (text: string) =>
            `${quote}${(backslash ? text.replaceAll("\\", "\\\\") : text).replaceAll(quote, escape + quote)}${quote}`;
          const header = Array.from({ length: width }, (_, i) => `col${i}`);
          const place = header.map((_, i) => i).sort((a, b) => (how.order[a] ?? 0) - (how.order[b] ?? 0) || a - b);
          const table = [header, ...how.rows.map((row) => row.slice(0, width))];
          const text = table.map((row) => place.map((i) => cell(row[i] ?? "")).join(delimiter)).join(newline) + newline;
          const records: string[][] = parse(text, { delimiter, quote, escape, relax_column_count: true });
          const name = `case_${++count}`;
          const types = columns(Object.fromEntries(header.map((column) => [column, "VARCHAR"])));
          const encoding = how.encoding === "latin-1" ? "latin-1" : "utf-8";
          const path = [`${name}.csv`];
          lab.sources = [
            source(name, { path, ...(types && { columns: types }), dialect: { encoding, delimiter, quote, escape } }),
          ];
          lab.write(`${name}.csv`, pack(encode(text, how.encoding), how.packed));
          const file = (await lab.ingest()).files.find(({ table: into }) => into === `raw.${name}`);
          expect(file).toMatchObject({ outcome: "loaded", rowsRead: records.length - 1, rowsQuarantined: 0 });
          const read = await lab.rows(`SELECT ${header.join(", ")} FROM raw.${name}`);
          const expected = records.slice(1).map((record) => header.map((_, i) => record[place.indexOf(i)] ?? ""));
          expect(read.map((row) => row.map((text_) => text_ ?? ""))).toEqual(expected);
        }),
        { numRuns: 60 },
      );
    } finally {
      await lab.close();
    }
  });
});

const encode = (text: string, encoding: string): Buffer => {
  if (encoding === "latin-1") return Buffer.from(text, "latin1");
  if (encoding === "utf-8") return Buffer.from(text);
  if (encoding === "utf-8 with a mark") return Buffer.from(`\ufeff${text}`);
  const wide = Buffer.from(`\ufeff${text}`, "utf16le");
  return encoding === "utf-16le" ? wide : wide.swap16();
};
const pack = (bytes: Buffer, how: string): Buffer =>
  how === "gzip" ? gzipSync(bytes) : how === "zstd" ? zstdCompressSync(bytes) : bytes;

/** What may happen to a folder between two loads. */
const happening = fc.record({
  kind: fc.constantFrom(
    "new",
    "append",
    "append",
    "rewrite",
    "edit",
    "truncate",
    "copy",
    "copy over",
    "rename",
    "rename and append",
    "remove",
    "move over",
    "more columns",
    "nothing",
  ),
  which: fc.nat(1000),
  rows: fc.array(fc.tuple(fc.nat(99), fc.constantFrom("a", "b c", '"two\nlines"', '"say ""hi"""', "é", "x", "")), {
    minLength: 1,
    maxLength: 6,
  }),
  at: fc.nat(1000),
});

describe("histories of files", () => {
  it("end with every row of every content once, or in quarantine", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 2, maxLength: 9 }), async (happenings) => {
        const lab = await new TestLab([source("t", { columns: columns({ id: "BIGINT", v: "VARCHAR" }) })]).open();
        try {
          const model = new Model();
          let number = 0;
          for (const { kind, which, rows, at } of happenings) {
            const names = [...model.files.keys()];
            const name = names[which % Math.max(1, names.length)];
            const fresh = `t${++number}.csv`;
            const text = rows.map(([id, v]) => `${id},${v}\n`).join("");
            const path = (file: string) => join(lab.raw, file);
            if (kind === "new" || name === undefined) writeFileSync(path(fresh), `id,v\n${number}000,first\n${text}`);
            else if (kind === "append") appendFileSync(path(name), text);
            else if (kind === "rewrite") writeFileSync(path(name), `id,v\n${number}000,again\n${text}`);
            else if (kind === "edit") {
              const bytes = readFileSync(path(name));
              const place = 5 + (at % Math.max(1, bytes.length - 5));
              if (bytes[place] === 0x61) bytes[place] = 0x62;
              writeFileSync(path(name), bytes);
            } else if (kind === "truncate") {
              const bytes = readFileSync(path(name));
              writeFileSync(path(name), bytes.subarray(0, 5 + (at % Math.max(1, bytes.length - 5))));
            } else if (kind === "copy") copyFileSync(path(name), path(fresh));
            else if (kind === "copy over") copyFileSync(path(name), path(names[at % names.length] ?? fresh));
            else if (kind === "move over") renameSync(path(name), path(names[at % names.length] ?? fresh));
            else if (kind === "rename" || kind === "rename and append") {
              renameSync(path(name), path(fresh));
              if (kind !== "rename") appendFileSync(path(fresh), text);
            } else if (kind === "remove") rmSync(path(name));
            else if (kind === "more columns")
              writeFileSync(path(fresh), `extra,v,id\n${text.trimEnd().split("\n").length},w,${number}000\n`);
            const { plan } = await lab.ingest();
            model.follow(lab.raw, plan.changes);
            // A quote in the middle of a value: the other reader refuses the file, ours the record.
            if (model.unclear) return;
            const stored = await lab.rows("SELECT id, v FROM raw.t ORDER BY ALL");
            const kept = await lab.rows("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'quarantine'");
            const quarantined = kept[0]?.[0] === "0" ? [["0"]] : await lab.rows("SELECT count(*) FROM quarantine.t");
            expect({ kind, rows: stored.map(String).sort(), quarantined: Number(quarantined[0]?.[0]) }).toEqual({
              kind,
              ...model.expected(),
            });
          }
        } finally {
          await lab.close();
        }
      }),
      { numRuns: 25, interruptAfterTimeLimit: 40_000 },
    );
  });
});

/** What the table must hold: the rows of every distinct content that can be read, once. */
class Model {
  /** Content that counts, by the name under which it lies or lay. */
  readonly contents = new Map<string, string>();
  /** Files that are there. */
  readonly files = new Map<string, string>();

  /** Some content is written in a way that the independent reader cannot judge. */
  unclear = false;

  /** Looks at the folder; what the plan calls a rename moves its content along. */
  follow(raw: string, changes: { name: string; reason: string; otherName?: string }[]): void {
    for (const { name, otherName } of changes) {
      if (otherName !== undefined && !this.#there(raw, otherName)) {
        this.files.delete(otherName);
        const content = this.contents.get(otherName);
        this.contents.delete(otherName);
        if (content !== undefined && !this.contents.has(name)) this.contents.set(name, content);
      }
    }
    for (const name of this.files.keys()) if (!this.#there(raw, name)) this.files.delete(name);
    for (const { name, reason } of changes) {
      // Rows of a file that is gone stay; a repetition never had any of its own.
      const repeats = [...this.contents].some(([other, text]) => other !== name && text === this.contents.get(name));
      if (reason === "removed" && repeats) this.contents.delete(name);
      if (!this.#there(raw, name)) continue;
      const text = readFileSync(join(raw, name), "utf8");
      this.files.set(name, text);
      // What cannot be read leaves what was there.
      const judged = readable(text);
      if (judged === undefined) this.unclear = true;
      else if (judged) {
        this.contents.set(name, text);
        // What was moved here has no other name any more.
        for (const [other, content] of this.contents) {
          if (content === text && other !== name && !this.#there(raw, other)) this.contents.delete(other);
        }
      }
    }
  }

  #there(raw: string, name: string): boolean {
    try {
      readFileSync(join(raw, name));
      return true;
    } catch {
      return false;
    }
  }

  expected(): { rows: string[]; quarantined: number } {
    const rows: string[] = [];
    let quarantined = 0;
    for (const text of new Set(this.contents.values())) {
      const [header = [], ...records] = read(text);
      const [id, v] = [header.indexOf("id"), header.indexOf("v")];
      // A delimiter at the end of every row is a habit of the writer.
      const trails = records.every((record) => record.length === header.length + 1 && record.at(-1) === "");
      for (const record of records) {
        const fits = record.length === header.length + (trails ? 1 : 0) && /^\d*$/.test(record[id] ?? "");
        // A file that was cut off and grew may have a number with zeros in front.
        const number = (text = "") => (text === "" ? null : BigInt(text));
        if (fits) rows.push(String([number(record[id]), record[v] === "" ? null : record[v]]));
        else quarantined++;
      }
    }
    return { rows: rows.sort(), quarantined };
  }
}

const read = (text: string): string[][] => parse(text, { relax_column_count: true, skip_empty_lines: true });

/** Whether a text has a header and rows; undefined when its quotes are placed so that readers differ. */
function readable(text: string): boolean | undefined {
  // Cut in the middle of a letter: what is left may be Latin-1 as well.
  if (text.includes("\ufffd")) return undefined;
  try {
    const [header = [], ...records] = read(text);
    return records.length > 0 && header.includes("id") && header.includes("v");
  } catch (error) {
    return (error as { code?: string }).code === "CSV_QUOTE_NOT_CLOSED" ? false : undefined;
  }
}
